#include "daemon/http/tls.h"

#include <boost/asio/buffer.hpp>

#include "base/certificate.h"
#include "base/files.h"
#include "daemon/http/tls_context.h"

namespace postrider::daemon::http {

namespace ssl = boost::asio::ssl;

namespace {

constexpr std::size_t largest_chain = 1024 * 1024;

tl::unexpected<Fault> about(const std::string& setting, const std::string& message) {
  return tl::make_unexpected(Fault{"", 0, "http." + setting, message});
}

}  // namespace

tl::expected<std::shared_ptr<Tls>, Fault> load_tls(const std::filesystem::path& certificate,
                                                   const std::filesystem::path& key) {
  const auto chain = read_file(certificate, largest_chain);
  if (!chain) return about("certificate", chain.error().message);
  if (const auto count = count_certificates(*chain); !count)
    return about("certificate", certificate.string() + ": " + count.error().message +
                                    "; it is to be the chain in PEM, the server's own first");
  const auto secret = read_secret(key);
  if (!secret) return about("key", secret.error().message);
  auto tls = std::make_shared<Tls>();
  auto& context = tls->context;
  context.set_options(ssl::context::no_tlsv1 | ssl::context::no_tlsv1_1 |
                      ssl::context::no_compression);
  // An encrypted key must not ask on a terminal.
  context.set_password_callback([](std::size_t, ssl::context::password_purpose) { return ""; });
  boost::system::error_code error;
  context.use_certificate_chain(boost::asio::buffer(*chain), error);
  if (error) return about("certificate", certificate.string() + ": is broken: " + error.message());
  context.use_private_key(boost::asio::buffer(*secret), ssl::context::pem, error);
  if (error)
    return about("key", key.string() +
                            ": is no key without a password in PEM, or not that of the "
                            "certificate: " +
                            error.message());
  tls->ends = end_of_certificate(*chain);
  return tls;
}

std::optional<Instant> end_of(const Tls& tls) { return tls.ends; }

}  // namespace postrider::daemon::http
