#include "queue/curl_library.h"

#include <curl/curl.h>
#include <stdexcept>

namespace postrider::queue {

void initialise_curl() {
  static const auto code = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (code != CURLE_OK) throw std::runtime_error("libcurl cannot be initialised");
}

}  // namespace postrider::queue
