// What we log in with, kept out of what servers say: some repeat the line that they refuse, and
// their words stand in the log, in the ledger and in mails to the operator. Immutable.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace postrider::queue {

class LoginSecrets {
 public:
  LoginSecrets() = default;  // nobody logs in
  static LoginSecrets of_password(std::string_view username, std::string_view password);
  static LoginSecrets of_token(std::string_view username, std::string_view token);

  /// The text with each of them replaced by "***": as it is, and as AUTH PLAIN, LOGIN and XOAUTH2
  /// write it (RFC 4616 and libcurl's own), and the beginning of one where the text was cut off.
  std::string hidden(std::string text) const;

 private:
  void add(std::string secret);

  std::vector<std::string> secrets_;
};

}  // namespace postrider::queue
