#include "daemon/webhooks/fetch.h"

#include <curl/curl.h>
#include <memory>
#include <stdexcept>

#include "queue/curl_library.h"

namespace postrider::daemon::webhooks {

namespace {

constexpr long connect_ms = 4'000;
constexpr long total_ms = 8'000;  // less than the HTTP server waits for an answer
constexpr std::size_t most_octets = 64 * 1024;

std::size_t take_octets(char* data, std::size_t size, std::size_t count, void* user) {
  auto& body = *static_cast<std::string*>(user);
  if (body.size() + size * count > most_octets) return 0;
  body.append(data, size * count);
  return size * count;
}

int look_for_end(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<const std::stop_token*>(user)->stop_requested() ? 1 : 0;
}

void set_limits(CURL* easy, const std::stop_token& stop) {
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https,http");
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_PROXY, "");
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, connect_ms);
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, total_ms);
  curl_easy_setopt(easy, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
  curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);
  curl_easy_setopt(easy, CURLOPT_CAINFO, queue::system_certificates);
  curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, &look_for_end);
  curl_easy_setopt(easy, CURLOPT_XFERINFODATA, &stop);
}

}  // namespace

Result<std::string> fetch(const std::string& url, const std::stop_token& stop) {
  if (stop.stop_requested()) return fail("the daemon is ending");
  queue::initialise_curl();
  const std::unique_ptr<CURL, void (*)(CURL*)> easy(curl_easy_init(), &curl_easy_cleanup);
  if (!easy) throw std::runtime_error("libcurl has no easy handle");
  std::string body;
  set_limits(easy.get(), stop);
  curl_easy_setopt(easy.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(easy.get(), CURLOPT_WRITEFUNCTION, &take_octets);
  curl_easy_setopt(easy.get(), CURLOPT_WRITEDATA, &body);
  if (const auto code = curl_easy_perform(easy.get()); code != CURLE_OK)
    return fail(curl_easy_strerror(code));
  long status = 0;
  curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &status);
  if (status != 200) return fail("the answer is " + std::to_string(status));
  return body;
}

}  // namespace postrider::daemon::webhooks
