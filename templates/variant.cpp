#include "templates/variant.h"

#include <algorithm>
#include <kainjow/mustache.hpp>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "templates/html.h"

namespace postrider::templates {

namespace mustache = kainjow::mustache;

namespace {

/// The name's number in the list, to which it is added where it is new.
std::size_t number_of(std::vector<std::string>& names, const std::string& name) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
  names.push_back(name);
  return names.size() - 1;
}

/// What mustache calls a section: dots would have it look for objects within objects.
std::string plain_name(std::size_t section) { return "s" + std::to_string(section); }

/// RFC 3986 §2.3: everything but unreserved characters is encoded.
std::string percent_encoded(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
        c == '.' || c == '_' || c == '~') {
      out += c;
    } else {
      out += '%';
      out += digits[byte >> 4];
      out += digits[byte & 0x0F];
    }
  }
  return out;
}

/// Whether HTML that ends here is inside the value of an address attribute.
bool ends_in_url_attribute(std::string_view html) {
  const auto open = html.rfind('<');
  if (open == std::string_view::npos || html.find('>', open) != std::string_view::npos)
    return false;
  const auto inside = to_lower(html.substr(open));
  const auto attribute = std::max({inside.rfind("href=\"") + 1, inside.rfind("src=\"") + 1,
                                   inside.rfind("action=\"") + 1, inside.rfind("href='") + 1,
                                   inside.rfind("src='") + 1, inside.rfind("action='") + 1});
  if (attribute == 0) return false;
  const auto quote = inside.find_first_of("\"'", attribute);
  return inside.find(inside[quote], quote + 1) == std::string::npos;
}

/// Whether text that ends here is glued to an address: "https://a.example/?e=".
bool ends_in_url(std::string_view text) {
  const auto word = text.substr(text.find_last_of(" \n\t<(") + 1);
  const auto lower = to_lower(word);
  return lower.starts_with("http://") || lower.starts_with("https://") ||
         lower.starts_with("mailto:");
}

}  // namespace

Result<PartTemplate> PartTemplate::make(std::string text, Kind kind) {
  const auto tags = scan_tags(text, "");
  if (!tags) return fail(to_string(tags.error().front()));
  PartTemplate made;
  made.kind_ = kind;
  made.word_ = "Vq9mark";
  while (text.find(made.word_) != std::string::npos) made.word_ += "q";
  std::size_t at = 0;
  for (const auto& tag : *tags) {
    made.text_ += text.substr(at, tag.begin - at) + made.prepared(tag);
    at = tag.end;
  }
  made.text_ += text.substr(at);
  return made;
}

std::string PartTemplate::prepared(const Tag& tag) {
  if (tag.kind == TagKind::comment || tag.kind == TagKind::partial) return {};
  if (tag.name == ".") return canonical(tag);
  if (tag.kind == TagKind::variable || tag.kind == TagKind::unescaped)
    return marker('v', number_of(variables_, tag.name));
  return canonical({tag.kind, plain_name(number_of(sections_, tag.name)), 0, 0, 0});
}

std::string PartTemplate::marker(char kind, std::size_t number) const {
  return word_ + kind + std::to_string(number) + "z";
}

Result<std::vector<Piece>> PartTemplate::render(const ReaderValues& values) const {
  mustache::data root;
  std::vector<std::string> literals;
  for (std::size_t i = 0; i < sections_.size(); ++i) {
    const auto name = plain_name(i);
    if (const auto* list = values.list(sections_[i])) {
      mustache::data elements{mustache::data::type::list};
      for (const auto& element : *list) {
        elements.push_back(mustache::data(marker('l', literals.size())));
        literals.push_back(plain(element));
      }
      root.set(name, elements);
    } else if (values.truthy(sections_[i])) {
      root.set(name, mustache::data(marker('s', i)));  // for {{.}} in it
    } else {
      root.set(name, mustache::data(mustache::data::type::bool_false));
    }
  }
  mustache::mustache parsed(text_);
  parsed.set_custom_escape([](const std::string& plain_text) { return plain_text; });
  const auto rendered = parsed.render(root);
  if (!parsed.is_valid()) return fail("the template cannot be rendered: " + parsed.error_message());
  return cut(rendered, literals);
}

std::vector<Piece> PartTemplate::cut(std::string_view rendered,
                                     const std::vector<std::string>& literals) const {
  std::vector<Piece> pieces;
  std::size_t at = 0;
  std::size_t begin = 0;
  for (;;) {
    at = rendered.find(word_, begin);
    if (at == std::string_view::npos) break;
    Piece piece;
    piece.fixed = rendered.substr(begin, at - begin);
    const auto kind = rendered[at + word_.size()];
    const auto digits = at + word_.size() + 1;
    const auto end = rendered.find('z', digits);
    const auto number =
        std::strtoul(std::string(rendered.substr(digits, end - digits)).c_str(), nullptr, 10);
    piece.literal = kind == 'l';
    piece.value = piece.literal ? literals[number]
                  : kind == 's' ? sections_[number]
                                : variables_[number];
    const auto before = rendered.substr(0, at);
    if (kind_ == Kind::html)
      piece.place = ends_in_url_attribute(before) ? Place::html_url : Place::html;
    else
      piece.place = ends_in_url(before) ? Place::text_url : Place::text;
    pieces.push_back(std::move(piece));
    begin = end + 1;
  }
  pieces.push_back({std::string(rendered.substr(begin)), "", false, Place::html});
  return pieces;
}

std::string escaped(std::string_view value, Place place, bool our_url) {
  switch (place) {
    case Place::html:
      return escape_html(value);
    case Place::html_url:
      return our_url ? escape_html(value) : percent_encoded(value);
    case Place::text_url:
      return our_url ? std::string(value) : percent_encoded(value);
    case Place::text:
      break;
  }
  return std::string(value);
}

}  // namespace postrider::templates
