#include "queue/curl_transfer.h"

#include <curl/curl.h>
#include <openssl/ssl.h>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "queue/curl_library.h"
#include "queue/login_secrets.h"

namespace postrider::queue {

namespace {

static_assert(CURL_ERROR_SIZE <= std::tuple_size_v<decltype(Transfer::error)>);

/// "TLSv1.3"; empty: none.
std::string tls_version(CURL* easy) {
  curl_tlssessioninfo* session = nullptr;
  if (curl_easy_getinfo(easy, CURLINFO_TLS_SSL_PTR, &session) != CURLE_OK || !session ||
      session->backend != CURLSSLBACKEND_OPENSSL || !session->internals)
    return {};
  return SSL_get_version(static_cast<const SSL*>(session->internals));
}

std::size_t on_header(char* data, std::size_t size, std::size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  transfer.dialogue.take({data, size * count});
  // Once the connection is ready, libcurl does not find its TLS any more.
  transfer.tls = tls_version(transfer.easy);
  return size * count;
}

CURLcode on_ssl_context(CURL*, void* context, void*) {
  // A send that is taken up again may come from another address or with more bytes.
  SSL_CTX_set_mode(static_cast<SSL_CTX*>(context),
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  return CURLE_OK;
}

LoginSecrets secrets_of(const SmtpRelayOptions& options, std::string_view token) {
  if (options.username.empty()) return {};
  return options.tokens ? LoginSecrets::of_token(options.username, token)
                        : LoginSecrets::of_password(options.username, options.password);
}

void set_options(Transfer& transfer, const SmtpRelayOptions& options) {
  auto* easy = transfer.easy;
  const bool implicit = options.tls == TlsPolicy::implicit;
  const auto url = std::string(implicit ? "smtps" : "smtp") + "://" + options.host + ":" +
                   std::to_string(options.port);
  curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
  curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L);
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  curl_easy_setopt(easy, CURLOPT_PROXY, "");
  curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                   static_cast<long>(options.connect_timeout.count()));
  curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &on_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, &transfer);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer.error.data());
  const long use_ssl = options.tls == TlsPolicy::none            ? CURLUSESSL_NONE
                       : options.tls == TlsPolicy::opportunistic ? CURLUSESSL_TRY
                                                                 : CURLUSESSL_ALL;
  curl_easy_setopt(easy, CURLOPT_USE_SSL, use_ssl);
  curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, &on_ssl_context);
  // A CAPATH would turn the multi's cache of certificates off.
  curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);
  curl_easy_setopt(easy, CURLOPT_CAINFO,
                   options.ca_file.empty() ? system_certificates : options.ca_file.c_str());
  if (options.username.empty()) return;
  curl_easy_setopt(easy, CURLOPT_USERNAME, options.username.c_str());
  curl_easy_setopt(easy, CURLOPT_SASL_IR, 1L);
  if (options.tokens) {
    curl_easy_setopt(easy, CURLOPT_XOAUTH2_BEARER, transfer.token.c_str());
    // It stands beside OAUTHBEARER at large providers, and libcurl would choose that.
    curl_easy_setopt(easy, CURLOPT_LOGIN_OPTIONS, "AUTH=XOAUTH2");
  } else {
    curl_easy_setopt(easy, CURLOPT_PASSWORD, options.password.c_str());
  }
}

}  // namespace

std::unique_ptr<Transfer> Transfer::start(void* multi, const SmtpRelayOptions& options,
                                          Connector::Opened opened, std::string token,
                                          bool is_fresh) {
  auto transfer = std::make_unique<Transfer>();
  transfer->easy = curl_easy_init();
  if (!transfer->easy) throw std::runtime_error("libcurl has no easy handle");
  transfer->multi = multi;
  transfer->opened = std::move(opened);
  transfer->token = std::move(token);
  transfer->is_fresh = is_fresh;
  transfer->dialogue = SmtpDialogue(secrets_of(options, transfer->token));
  set_options(*transfer, options);
  curl_multi_add_handle(multi, transfer->easy);
  return transfer;
}

// Removing the handle from the multi closes its connection.
Transfer::~Transfer() {
  curl_multi_remove_handle(multi, easy);
  curl_easy_cleanup(easy);
}

std::string peer_of(const SmtpRelayOptions& options) {
  return options.host + ":" + std::to_string(options.port);
}

std::string reason_of(const Transfer& transfer, const SmtpRelayOptions& options, int code,
                      long response) {
  const auto peer = peer_of(options);
  auto detail = transfer.dialogue.secrets().hidden(transfer.error.data());
  if (detail.empty()) detail = curl_easy_strerror(static_cast<CURLcode>(code));
  const auto& said = transfer.dialogue.last_line();
  const auto with_reply = [&](const std::string& what) {
    return peer + " " + what + (said.empty() ? "" : ": " + said);
  };
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return "the name " + options.host + " cannot be resolved";
    case CURLE_COULDNT_CONNECT:
      return peer + " refuses the connection";
    case CURLE_OPERATION_TIMEDOUT:
      return peer + " did not answer in time";
    case CURLE_PEER_FAILED_VERIFICATION:
      return peer + " has a certificate that is not trusted: " + detail;
    case CURLE_SSL_CACERT_BADFILE:
      return "the file of trusted certificates cannot be used: " + detail;
    case CURLE_USE_SSL_FAILED:
      return peer + (response == 250 ? " does not offer STARTTLS" : " refuses STARTTLS: " + said);
    case CURLE_LOGIN_DENIED:
      return with_reply("refuses the log-in");
    case CURLE_SSL_CONNECT_ERROR:
      return peer + " does not speak TLS as expected: " + detail;
    case CURLE_WEIRD_SERVER_REPLY:
      return with_reply("does not welcome us");
    case CURLE_REMOTE_ACCESS_DENIED:
      return with_reply("refuses us");
    case CURLE_RECV_ERROR:
    case CURLE_GOT_NOTHING:
      return peer + " closed the connection";
    default:
      return peer + ": " + detail;
  }
}

}  // namespace postrider::queue
