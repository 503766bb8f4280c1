#include "base/certificate.h"

#include <memory>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

namespace postrider {

Result<int> count_certificates(std::string_view pem) {
  const std::unique_ptr<BIO, int (*)(BIO*)> source(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free);
  // No password callback: an encrypted block must not ask on a terminal.
  const auto no_password = [](char*, int, int, void*) { return 0; };
  int count = 0;
  while (auto* certificate = PEM_read_bio_X509_AUX(source.get(), nullptr, no_password, nullptr)) {
    X509_free(certificate);
    ++count;
  }
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (!at_end) return fail("its certificate number " + std::to_string(count + 1) + " is broken");
  if (count == 0) return fail("has no certificate in it");
  return count;
}

std::optional<Instant> end_of_certificate(std::string_view pem) {
  const std::unique_ptr<BIO, int (*)(BIO*)> source(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free);
  const auto no_password = [](char*, int, int, void*) { return 0; };
  const std::unique_ptr<X509, void (*)(X509*)> certificate(
      PEM_read_bio_X509_AUX(source.get(), nullptr, no_password, nullptr), X509_free);
  ERR_clear_error();
  tm end{};
  if (!certificate || ASN1_TIME_to_tm(X509_get0_notAfter(certificate.get()), &end) != 1) return {};
  return Instant(std::chrono::seconds(timegm(&end)));
}

}  // namespace postrider
