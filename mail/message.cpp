#include "mail/message.h"

#include <algorithm>
#include <gmime/gmime.h>
#include <memory>
#include <optional>
#include <utility>

#include "base/text.h"
#include "mail/charset.h"
#include "mail/html_text.h"

namespace postrider::mail {

namespace {

using std::string_view;

constexpr std::size_t longest_value = 64 << 10;
constexpr std::size_t longest_name = 128;
constexpr std::size_t longest_type = 8 << 10;  // of a Content-Type: GMime looks at it several times
constexpr std::size_t most_fields = 1000;      // of one part
constexpr std::size_t fields_in_all = 20'000;

struct Freed {
  void operator()(char* text) const { g_free(text); }
  void operator()(GMimeContentType* type) const { g_object_unref(type); }
};

void start_gmime() {
  static const bool started = (g_mime_init(), true);
  (void)started;
}

bool is_blank(char c) { return c == ' ' || c == '\t'; }

/// Takes a line and its end (LF or CRLF) off the text.
string_view take_line(string_view& text) {
  const auto end = text.find('\n');
  auto line = text.substr(0, end);
  text.remove_prefix(end == string_view::npos ? text.size() : end + 1);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

void controls_to_spaces(std::string& text) {
  for (auto& c : text)
    if (static_cast<unsigned char>(c) < ' ' || c == 0x7F) c = ' ';
}

/// Unfolded, raw → UTF-8 with RFC 2047's words decoded.
std::string decoded(std::string value) {
  const auto odd = [](char c) { return static_cast<unsigned char>(c) >= 0x80 || c == 0x1B; };
  if (std::any_of(value.begin(), value.end(), odd)) value = to_utf8(value, "");
  controls_to_spaces(value);
  if (value.find("=?") != std::string::npos) {
    const std::unique_ptr<char, Freed> text(
        g_mime_utils_header_decode_text(nullptr, value.c_str()));
    if (text) value = is_utf8(text.get()) ? std::string(text.get()) : printable(text.get());
    controls_to_spaces(value);
  }
  return std::string(trim(value));
}

/// The name of the field that the line begins (RFC 5322 §2.2; a blank before the colon: §4.5); none
/// where it is none.
std::optional<std::string> field_name(string_view line) {
  const auto colon = line.substr(0, longest_name).find(':');
  if (colon == string_view::npos) return {};
  auto name = line.substr(0, colon);
  while (!name.empty() && is_blank(name.back())) name.remove_suffix(1);
  const auto odd = [](char c) { return c <= ' ' || c >= 0x7F; };
  if (name.empty() || std::any_of(name.begin(), name.end(), odd)) return {};
  return to_lower(name);
}

/// Takes the fields, and the blank line behind them, off the text. Where a line is neither a field
/// nor goes on with one, what follows begins there, as if the blank line had been lost.
std::vector<Field> split_fields(string_view& text, std::size_t most, bool& cut) {
  std::vector<Field> fields;
  while (!text.empty()) {
    auto rest = text;
    const auto line = take_line(rest);
    if (line.empty()) {
      text = rest;
      break;
    }
    if (is_blank(line.front()) && !fields.empty()) {
      auto& value = fields.back().value;
      const auto room = longest_value - std::min(longest_value, value.size());
      if (line.size() > room) cut = true;
      value.append(line.substr(0, room));
    } else if (auto name = field_name(line)) {
      auto value = line.substr(line.find(':') + 1);
      if (value.size() > longest_value || fields.size() >= most) cut = true;
      if (fields.size() < most)
        fields.push_back({*std::move(name), std::string(value.substr(0, longest_value))});
    } else {
      break;
    }
    text = rest;
  }
  for (auto& field : fields) field.value = decoded(std::move(field.value));
  return fields;
}

void read_type(Part& part, string_view otherwise) {
  const std::string value(part.field("content-type").substr(0, longest_type));
  part.type = otherwise;
  if (value.find('/') == std::string::npos) return;  // none, or one of before MIME: "text"
  const std::unique_ptr<GMimeContentType, Freed> type(
      g_mime_content_type_parse(nullptr, value.c_str()));
  if (!type) return;
  const std::unique_ptr<char, Freed> name(g_mime_content_type_get_mime_type(type.get()));
  if (name) part.type = to_lower(name.get());
  auto* list = g_mime_content_type_get_parameters(type.get());
  for (int at = 0; at < g_mime_param_list_length(list); ++at) {
    auto* parameter = g_mime_param_list_get_parameter_at(list, at);
    const auto* text = g_mime_param_get_value(parameter);
    part.parameters.emplace(to_lower(g_mime_param_get_name(parameter)), text ? text : "");
  }
}

/// Undoes a part's transfer encoding (RFC 2045 §6; uuencode, too). None: there is nothing to undo.
std::optional<std::string> without_encoding(const Part& part, string_view bytes) {
  const std::string said(trim(part.field("content-transfer-encoding")));
  const auto encoding = g_mime_content_encoding_from_string(said.c_str());
  if (encoding != GMIME_CONTENT_ENCODING_BASE64 &&
      encoding != GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE &&
      encoding != GMIME_CONTENT_ENCODING_UUENCODE)
    return {};
  GMimeEncoding state;
  g_mime_encoding_init_decode(&state, encoding);
  std::string out(g_mime_encoding_outlen(&state, bytes.size()), '\0');
  out.resize(g_mime_encoding_flush(&state, bytes.data(), bytes.size(), out.data()));
  return out;
}

/// Made of lines: text, and the machine parts of reports (RFC 3464, 5965, 8098, 6533).
bool is_lines(string_view type) {
  return type.starts_with("text/") || type.ends_with("/delivery-status") ||
         type.ends_with("/global-delivery-status") || type.ends_with("/feedback-report") ||
         type.ends_with("/disposition-notification") ||
         type.ends_with("/global-disposition-notification") || type.ends_with("/rfc822-headers") ||
         type.ends_with("/global-headers");
}

bool holds_message(string_view type) {
  return type == "message/rfc822" || type == "message/global" || type == "message/news";
}

/// CRLF and a lone CR become LF, NUL a blank.
void make_lines(std::string& text) {
  auto to = text.begin();
  bool after_return = false;
  for (const char c : text) {
    if (!(after_return && c == '\n')) *to++ = c == '\r' ? '\n' : c == '\0' ? ' ' : c;
    after_return = c == '\r';
  }
  text.erase(to, text.end());
}

/// The first line that looks like a boundary's, for a multipart that names none, or a wrong one.
string_view boundary_within(string_view body) {
  while (!body.empty()) {
    const auto line = trim(take_line(body));
    if (line.size() >= 6 && line.starts_with("--") && line[2] != '-' &&
        std::none_of(line.begin(), line.end(), is_blank))
      return line.substr(2);
  }
  return {};
}

class Reader {
 public:
  explicit Reader(const ReadLimits& limits) : limits_(limits) {}

  Part entity(string_view bytes, int depth, string_view otherwise) {
    ++parts_;
    Part part;
    part.fields = split_fields(bytes, std::min(most_fields, fields_in_all - fields_), cut_);
    fields_ += part.fields.size();
    read_type(part, otherwise);
    const bool branches = part.type.starts_with("multipart/") || holds_message(part.type);
    if (branches && depth >= limits_.depth) {
      cut_ = true;
    } else if (holds_message(part.type)) {
      const auto inner = without_encoding(part, bytes);
      if (room())
        part.parts.push_back(entity(begun(inner ? *inner : bytes), depth + 1, "text/plain"));
    } else if (!branches || !split(part, bytes, depth)) {
      auto content = without_encoding(part, bytes);
      part.content = content ? *std::move(content) : std::string(bytes);
      if (branches || is_lines(part.type)) as_lines(part);
    }
    return part;
  }

  /// Without what stands before a message's first field: blank lines, an mbox's "From " line.
  static string_view begun(string_view bytes) {
    while (!bytes.empty()) {
      auto rest = bytes;
      const auto line = take_line(rest);
      if (!line.empty() && !line.starts_with("From ") && !line.starts_with(">From ")) break;
      bytes = rest;
    }
    return bytes;
  }

  bool cut() const { return cut_; }

 private:
  bool room() {
    if (parts_ < limits_.parts) return true;
    cut_ = true;
    return false;
  }

  static void as_lines(Part& part) {
    const auto said = part.parameters.find("charset");
    string_view charset = said == part.parameters.end() ? string_view() : said->second;
    if (charset.empty() && part.type == "text/html") charset = charset_of_html(part.content);
    part.content = to_utf8(part.content, charset);
    make_lines(part.content);
  }

  /// The parts of a multipart (RFC 2046 §5.1.1); false: there is no boundary in it.
  bool split(Part& part, string_view body, int depth) {
    const auto said = part.parameters.find("boundary");
    if (said != part.parameters.end() && !trim(said->second).empty() &&
        split_at(part, body, "--" + std::string(trim(said->second)), depth))
      return true;
    const auto found = boundary_within(body);
    return !found.empty() && split_at(part, body, "--" + std::string(found), depth);
  }

  bool split_at(Part& part, string_view body, const std::string& delimiter, int depth) {
    const string_view otherwise = part.type == "multipart/digest" ? "message/rfc822" : "text/plain";
    bool inside = false;
    bool ended = false;
    string_view rest = body;
    const char* begin = nullptr;
    const auto close = [&](const char* end) {
      if (!inside || !room()) return;
      string_view bytes(begin, static_cast<std::size_t>(end - begin));
      // the line end before a boundary belongs to it
      if (bytes.ends_with('\n')) bytes.remove_suffix(1);
      if (bytes.ends_with('\r')) bytes.remove_suffix(1);
      part.parts.push_back(entity(bytes, depth + 1, otherwise));
    };
    while (!rest.empty() && !ended && parts_ < limits_.parts) {
      const auto* at = rest.data();
      auto line = take_line(rest);
      if (!line.starts_with(delimiter)) continue;
      line.remove_prefix(delimiter.size());
      ended = line.starts_with("--");
      if (!trim(line).empty() && !(ended && trim(line.substr(2)).empty())) {
        ended = false;
        continue;
      }
      close(at);
      begin = rest.data();
      inside = true;
    }
    if (!ended) close(body.data() + body.size());
    return inside;
  }

  const ReadLimits& limits_;
  int parts_ = 0;
  std::size_t fields_ = 0;
  bool cut_ = false;
};

}  // namespace

string_view Part::field(string_view name) const {
  const auto found = std::find_if(fields.begin(), fields.end(),
                                  [&](const Field& field) { return field.name == name; });
  return found == fields.end() ? string_view() : found->value;
}

std::vector<Field> take_fields(string_view& text) {
  start_gmime();
  bool cut = false;
  return split_fields(text, most_fields, cut);
}

Message read_message(string_view bytes, const ReadLimits& limits) {
  start_gmime();
  Message message;
  Reader reader(limits);
  message.root = reader.entity(Reader::begun(bytes.substr(0, limits.octets)), 0, "text/plain");
  message.cut = reader.cut() || bytes.size() > limits.octets;
  return message;
}

}  // namespace postrider::mail
