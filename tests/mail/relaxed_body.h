// The relaxed canonical form of a body, by the letter of the RFC: what the encoders' output must be
// already.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace postrider::test {

/// RFC 6376 §3.4.4.
inline std::string relaxed_body(std::string_view body) {
  std::string out;
  std::string line;
  std::size_t empty_lines = 0;
  const auto end_line = [&] {
    while (!line.empty() && line.back() == ' ') line.pop_back();
    if (line.empty()) {
      ++empty_lines;
    } else {
      for (; empty_lines > 0; --empty_lines) out += "\r\n";
      out += line + "\r\n";
    }
    line.clear();
  };
  for (std::size_t i = 0; i < body.size(); ++i) {
    if (body[i] == '\r' && i + 1 < body.size() && body[i + 1] == '\n') {
      end_line();
      ++i;
    } else if (body[i] == ' ' || body[i] == '\t') {
      if (line.empty() || line.back() != ' ') line += ' ';
    } else {
      line += body[i];
    }
  }
  if (!line.empty()) end_line();
  return out;
}

}  // namespace postrider::test
