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

}  // namespace

Result<PartTemplate> PartTemplate::make(std::string text, PartKind kind) {
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
  std::vector<std::size_t> marks;
  for (auto at = rendered.find(word_); at != std::string_view::npos;
       at = rendered.find(word_, at + word_.size()))
    marks.push_back(at);
  const auto places = places_in(rendered, kind_, marks);
  std::vector<Piece> pieces;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < marks.size(); ++i) {
    Piece piece;
    piece.fixed = rendered.substr(begin, marks[i] - begin);
    piece.place = places[i];
    const auto kind = rendered[marks[i] + word_.size()];
    const auto digits = marks[i] + word_.size() + 1;
    const auto end = rendered.find('z', digits);
    const auto number =
        std::strtoul(std::string(rendered.substr(digits, end - digits)).c_str(), nullptr, 10);
    piece.literal = kind == 'l';
    piece.value = piece.literal ? literals[number]
                  : kind == 's' ? sections_[number]
                                : variables_[number];
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
    case Place::html_unquoted:
    case Place::html_name:
      return our_url ? escape_html(value) : percent_encoded(value);
    case Place::text_url:
      return our_url ? std::string(value) : percent_encoded(value);
    case Place::text:
      break;
  }
  return std::string(value);
}

}  // namespace postrider::templates
