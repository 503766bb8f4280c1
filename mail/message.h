// The reader of a whole message: RFC 5322 fields and the MIME tree (RFC 2045–2047, 2231), by GMime.
// Any bytes are a message: what is broken or endless is cut, never refused. Linear in time; what it
// holds stays within a few times the bytes read. Pure, on any thread.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace postrider::mail {

struct ReadLimits {
  std::size_t octets = 10 << 20;
  int depth = 20;    // of parts in parts
  int parts = 1000;  // in all
};

struct Field {
  std::string name;   // lower case
  std::string value;  // unfolded; RFC 2047 words decoded; UTF-8 with spaces for control characters
};

struct Part {
  std::string type;                               // "text/plain": lower case
  std::map<std::string, std::string> parameters;  // of Content-Type; names in lower case
  std::vector<Field> fields;  // as they stand, of the root the message's own; 1,000 at most

  /// Of a leaf, its transfer encoding undone. Of text and of the parts of reports that are made of
  /// lines, UTF-8 with LF line ends whatever charset they claim.
  std::string content;

  std::vector<Part> parts;  // of a multipart, its own; of a message/rfc822, one: that message

  std::string_view field(std::string_view name) const;  // the first of that name; empty: none
};

struct Message {
  Part root;
  bool cut = false;  // a limit was reached: the rest is not there
};

/// Takes the fields at the text's beginning, up to its first blank line and with it, off the text:
/// of a report's machine part, or of headers that are returned alone. Stops at a line that is none.
std::vector<Field> take_fields(std::string_view& text);

Message read_message(std::string_view bytes, const ReadLimits& limits = {});

}  // namespace postrider::mail
