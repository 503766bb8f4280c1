// A reader of quoted-printable, independent of the writer that is tested.
#pragma once

#include <string>
#include <string_view>

namespace postrider::test {

/// The bytes that quoted-printable stands for, with LF line ends.
inline std::string decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '=') {
      if (text[i] != '\r') out += text[i];
    } else if (text[i + 1] == '\r') {
      i += 2;
    } else {
      out += static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16));
      i += 2;
    }
  }
  return out;
}

}  // namespace postrider::test
