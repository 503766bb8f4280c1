#include "templates/places.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "templates/html.h"
#include "templates/placeholders.h"

namespace postrider::templates {

namespace {

constexpr std::array<std::string_view, 9> address_attributes{
    "href", "src", "action", "background", "cite", "formaction", "longdesc", "poster", "srcset"};

bool is_address(std::string_view attribute) {
  return std::any_of(address_attributes.begin(), address_attributes.end(),
                     [&](std::string_view name) { return iequals(name, attribute); });
}

/// What lies in a tag, up to the next stretch or to its end.
struct Stretch {
  std::size_t begin;
  Place place;
  std::size_t number;  // of two that begin together, the later one counts
};

class Stretches {
 public:
  explicit Stretches(std::string_view html) : html_(html) {
    walk(html);
    // Mail programs of one maker read the tags in such comments.
    constexpr std::string_view conditional = "<!--[if";
    for (auto at = html.find(conditional); at != std::string_view::npos;) {
      const auto begin = at + conditional.size();
      const auto end = std::min(html.find("-->", begin), html.size());
      walk(html.substr(begin, end - begin));
      at = html.find(conditional, end);
    }
    std::sort(found_.begin(), found_.end(), [](const Stretch& a, const Stretch& b) {
      return std::pair(a.begin, a.number) < std::pair(b.begin, b.number);
    });
  }

  Place at(std::size_t octet) const {
    const auto next =
        std::upper_bound(found_.begin(), found_.end(), octet,
                         [](std::size_t wanted, const Stretch& s) { return wanted < s.begin; });
    return next == found_.begin() ? Place::html : std::prev(next)->place;
  }

 private:
  std::size_t offset(std::string_view part) const {
    return static_cast<std::size_t>(part.data() - html_.data());
  }

  void add(std::size_t begin, Place place) { found_.push_back({begin, place, found_.size()}); }

  void walk(std::string_view html) {
    walk_html(
        html,
        [this](const HtmlTag& tag) {
          add(offset(tag.raw), Place::html_name);
          walk_attributes(tag, [this](const HtmlAttribute& attribute) {
            if (attribute.value.empty()) return;
            const auto begin = offset(attribute.value);
            add(begin, !attribute.quoted            ? Place::html_unquoted
                       : is_address(attribute.name) ? Place::html_url
                                                    : Place::html);
            add(begin + attribute.value.size(), Place::html_name);
          });
          add(offset(tag.raw) + tag.raw.size(), Place::html);
        },
        [](std::string_view) {});
  }

  const std::string_view html_;
  std::vector<Stretch> found_;
};

/// Whether each of the text's octets is in a word that began as an address.
class AddressWords {
 public:
  explicit AddressWords(std::string_view text) : text_(text) {}

  Place at(std::size_t octet) {
    const auto last = text_.substr(looked_, octet - looked_).find_last_of(" \n\t<(");
    if (last != std::string_view::npos) begin_ = looked_ + last + 1;
    looked_ = octet;
    const auto word = text_.substr(begin_, octet - begin_);
    for (const std::string_view scheme : {"http://", "https://", "mailto:"})
      if (iequals(word.substr(0, scheme.size()), scheme)) return Place::text_url;
    return Place::text;
  }

 private:
  const std::string_view text_;
  std::size_t looked_ = 0;
  std::size_t begin_ = 0;  // of the word
};

bool is_value(const Tag& tag) {
  return tag.kind == TagKind::variable || tag.kind == TagKind::unescaped;
}

void add_fault(Faults& faults, const Tag& tag, Place place, const std::string& file, int line) {
  if (place == Place::html_unquoted)
    faults.push_back({file, line, "",
                      canonical(tag) +
                          " stands in an attribute without quotes; write \"quotes\" around the "
                          "attribute's value"});
  else if (place == Place::html_name)
    faults.push_back({file, line, "",
                      canonical(tag) +
                          " stands in the name of an HTML tag or attribute; write &lt; for a < "
                          "that is text"});
}

}  // namespace

std::vector<Place> places_in(std::string_view text, PartKind kind,
                             const std::vector<std::size_t>& octets) {
  std::vector<Place> places;
  places.reserve(octets.size());
  if (octets.empty()) return places;
  if (kind == PartKind::html) {
    const Stretches stretches(text);
    for (const auto octet : octets) places.push_back(stretches.at(octet));
  } else {
    AddressWords words(text);
    for (const auto octet : octets) places.push_back(words.at(octet));
  }
  return places;
}

std::vector<Place> places_of(std::string_view text, PartKind kind, const std::vector<Tag>& tags) {
  std::string plain;  // a letter for each value
  std::vector<std::size_t> octets;
  std::size_t at = 0;
  for (const auto& tag : tags) {
    plain += text.substr(at, tag.begin - at);
    octets.push_back(plain.size());
    if (is_value(tag) || tag.kind == TagKind::partial) plain += 'v';
    at = tag.end;
  }
  plain += text.substr(at);
  return places_in(plain, kind, octets);
}

Faults misplaced_tags(std::string_view html, const std::vector<Tag>& tags,
                      const std::string& file) {
  Faults faults;
  const auto places = places_of(html, PartKind::html, tags);
  for (std::size_t i = 0; i < tags.size(); ++i)
    if (is_value(tags[i])) add_fault(faults, tags[i], places[i], file, tags[i].line);
  return faults;
}

Faults misplaced_tags(const Lifted& lifted, std::string_view html, const std::string& file,
                      int line) {
  std::vector<std::size_t> octets;
  for (auto at = html.find(lifted.word); at != std::string_view::npos;
       at = html.find(lifted.word, at + lifted.word.size()))
    octets.push_back(at);
  const auto places = places_in(html, PartKind::html, octets);
  Faults faults;
  std::size_t counted = 0;
  for (std::size_t i = 0; i < octets.size(); ++i) {
    const auto at = octets[i];
    line += static_cast<int>(std::count(html.begin() + static_cast<std::ptrdiff_t>(counted),
                                        html.begin() + static_cast<std::ptrdiff_t>(at), '\n'));
    counted = at;
    const auto found = leading_placeholder(lifted, html.substr(at));
    if (!found) continue;
    const auto& tag = lifted.tags[found->number];
    const bool begins_tag = at > 0 && (html[at - 1] == '<' || html[at - 1] == '/');
    if (is_value(tag) || begins_tag) add_fault(faults, tag, places[i], file, line);
  }
  return faults;
}

}  // namespace postrider::templates
