#include "config/login.h"

#include <cstdlib>

#include "base/certificate.h"
#include "base/files.h"
#include "base/text.h"
#include "config/checks.h"

namespace postrider::config {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t largest_ca_file = 16 * 1024 * 1024;

/// The path of the systemd credential of the relay's name; empty where there is none.
fs::path credential(const std::string& name) {
  const char* directory = std::getenv("CREDENTIALS_DIRECTORY");
  if (!directory) return {};
  const auto path = fs::path(directory) / name;
  std::error_code ignored;
  return fs::exists(path, ignored) ? path : fs::path();
}

/// The error says how such a file is made; `content`: what is to be in it.
Result<std::string> read_secret_of(const fs::path& path, std::string_view content) {
  auto secret = read_secret(path);
  std::error_code error;
  if (secret || fs::exists(path, error) || error) return secret;
  return fail(secret.error().message + "; make it by `install -m 600 /dev/stdin " + path.string() +
              "`: type the " + std::string(content) + ", Enter and Ctrl-D");
}

Result<Auth> parse_auth(std::string_view text) {
  if (text == "password") return Auth::password;
  if (text == "xoauth2") return Auth::xoauth2;
  return fail("\"" + printable(cut_utf8(text, 80)) +
              "\" is unknown; write \"password\" or \"xoauth2\"");
}

/// AUTH XOAUTH2: a user, and one place where its tokens come from.
void read_token_source(const Section& section, const fs::path& folder, const std::string& what,
                       Login& login) {
  section.read("username", login.username, parse_line);
  if (!section.has("username"))
    section.fault("auth",
                  "\"xoauth2\" needs a username; add for example: username = "
                  "\"joe@report.example\"");
  if (section.has("password_file"))
    section.fault("password_file",
                  "does not go with auth = \"xoauth2\", which logs in by a token; leave one out");
  if (section.has("token_file") == section.has("token_command"))
    return section.fault(section.has("token_file") ? "token_command" : "auth",
                         section.has("token_file")
                             ? "does not go with token_file; leave one out"
                             : "\"xoauth2\" needs a token; add token_command = [\"program\", "
                               "\"argument\"] or token_file = \"secrets/" +
                                   what + "-token\"");
  if (auto words = section.command("token_command")) login.token_command = std::move(*words);
  section.read("token_file", login.token_file, [&](std::string_view text) -> Result<fs::path> {
    const auto line = parse_line(text);
    if (!line) return tl::make_unexpected(line.error());
    auto path = (folder / *line).lexically_normal();
    if (const auto secret = read_secret_of(path, "token"); !secret)
      return fail(printable(secret.error().message));
    return path;
  });
}

void read_password_login(const Section& section, const fs::path& folder, const std::string& name,
                         const std::string& what, Login& login) {
  section.read("username", login.username, [](std::string_view text) {
    return text.empty() ? Result<std::string>("") : parse_line(text);
  });
  std::string file;
  section.read("password_file", file, [](std::string_view text) {
    return text.empty() ? Result<std::string>("") : parse_line(text);
  });
  const auto path = file.empty() ? credential(name) : folder / file;
  if (login.username.empty()) {
    if (!file.empty() && !section.has("username"))
      section.fault("password_file", "needs a username; add for example: username = \"joe\"");
    return;
  }
  if (path.empty()) {
    if (!section.has("password_file") || file.empty())
      section.fault("username", "needs a password; add password_file = \"secrets/" + what +
                                    "-password\", or hand the "
                                    "service a systemd credential of the name " +
                                    name);
    return;
  }
  if (auto password = read_secret_line(path, "password"); password)
    login.password = std::move(*password);
  else
    section.fault("password_file", printable(password.error().message));
}

Result<fs::path> parse_ca_file(const fs::path& path) {
  constexpr std::string_view instead =
      "; write the path of a PEM file, or leave it out for the system's certificates";
  const auto complain = [&](const std::string& what) {
    return fail(printable(what) + std::string(instead));
  };
  std::error_code ignored;
  if (!fs::is_regular_file(path, ignored)) return complain(path.string() + " is no file");
  const auto text = read_file(path, largest_ca_file);
  if (!text) return complain(text.error().message);
  if (const auto count = count_certificates(*text); !count)
    return complain(path.string() + ": " + count.error().message);
  return path;
}

}  // namespace

Result<Tls> parse_tls(std::string_view text) {
  if (text == "required") return Tls::required;
  if (text == "opportunistic") return Tls::opportunistic;
  if (text == "none") return Tls::none;
  return fail("\"" + printable(cut_utf8(text, 80)) +
              "\" is unknown; write \"required\", \"opportunistic\" or \"none\"");
}

Result<std::string> read_secret_line(const fs::path& path, const std::string& content) {
  auto secret = read_secret_of(path, content);
  if (!secret) return secret;
  if (secret->empty()) return fail(path.string() + " is empty; write the " + content + " into it");
  if (secret->find_first_of(std::string_view("\0\n\r", 3)) != std::string::npos)
    return fail(path.string() + " has more than one line; write the " + content + " alone into it");
  return secret;
}

void read_login(const Section& section, const fs::path& folder, const std::string& name,
                const std::string& what, Login& login) {
  section.read("auth", login.auth, parse_auth);
  if (login.auth == Auth::xoauth2) return read_token_source(section, folder, what, login);
  for (const auto key : {"token_file", "token_command"})
    if (section.has(key))
      section.fault(key, "needs auth = \"xoauth2\"; add that, or write password_file");
  read_password_login(section, folder, name, what, login);
}

void read_ca_file(const Section& section, const fs::path& folder, fs::path& to) {
  section.read("ca_file", to, [&](std::string_view text) {
    return text.empty() ? Result<fs::path>(fs::path())
                        : parse_ca_file((folder / text).lexically_normal());
  });
}

}  // namespace postrider::config
