#include "templates/theme_file.h"

#include <algorithm>
#include <vector>

#include "base/text.h"
#include "templates/mustache.h"
#include "templates/page_kinds.h"
#include "templates/reader_values.h"

namespace postrider::templates {

namespace {

constexpr std::size_t deepest_partial = 8;
constexpr std::size_t most_partials = 1000;
constexpr std::size_t most_faults = 100;
constexpr std::size_t largest_template = 1024 * 1024;

/// What the tags of a template may name.
struct KnownNames {
  std::vector<std::string> plain;
  std::string html;       // needs three braces
  bool of_mails = false;  // readers' attributes and the contents
};

KnownNames names_of_mails(const Values& values) {
  KnownNames names{{"toc", "has_toc", "toc_text", "body", "subscriber.email", "subscriber.name",
                    "subscriber.first_name", "unsubscribe_url", "preferences_url"},
                   "body",
                   true};
  for (const auto& [name, value] : values) names.plain.push_back(name);
  return names;
}

KnownNames names_of_page(const Theme& theme, const std::string& name,
                         std::span<const std::string_view> values) {
  KnownNames names{{"publication.name", "language", "direction", "title"}, "", false};
  if (name == page_frame) names.plain.push_back(names.html = "content");
  names.plain.insert(names.plain.end(), values.begin(), values.end());
  for (const auto& [key, word] : theme.words)
    if (key != "date" && key != "months" && key != "correction")
      names.plain.push_back("words." + key);
  return names;
}

class Assembly {
 public:
  Assembly(const Theme& theme, KnownNames names, Faults& faults)
      : theme_(theme), names_(std::move(names)), faults_(faults) {}

  std::string assemble(const std::string& name) {
    const auto& [shown, text] = theme_.files.at(name);
    const auto tags = scan_tags(text, shown);
    if (!tags) {
      for (const auto& broken : tags.error()) fault(shown, broken.line, broken.message);
      return {};
    }
    path_.push_back(name);
    std::string out;
    std::size_t at = 0;
    for (const auto& tag : *tags) {
      if (tag.kind != TagKind::partial) {
        check(tag, shown);
        continue;
      }
      out += text.substr(at, tag.begin - at);
      at = tag.end;
      out += partial(tag, shown);
      if (out.size() > largest_template && !stopped_)
        stop(shown, tag.line, "the template grows over 1 MB by its partials; include fewer");
      if (stopped_) break;
    }
    out += text.substr(std::min(at, text.size()));
    path_.pop_back();
    return out;
  }

 private:
  void fault(const std::string& file, int line, std::string message) {
    const Fault told{file, line, "", std::move(message)};
    if (std::find(faults_.begin(), faults_.end(), told) == faults_.end()) faults_.push_back(told);
    if (++told_ > most_faults) stopped_ = true;
  }

  void stop(const std::string& file, int line, std::string message) {
    fault(file, line, std::move(message));
    stopped_ = true;
  }

  std::string partial(const Tag& tag, const std::string& shown) {
    const auto name = tag.name + ".mustache";
    const auto said = "the partial {{>" + tag.name + "}} ";
    if (!theme_.files.contains(name))
      fault(shown, tag.line, said + "is not in the theme; its file would be " + name);
    else if (std::find(path_.begin(), path_.end(), name) != path_.end())
      fault(shown, tag.line, said + "includes itself; take one of the two tags out");
    else if (path_.size() > deepest_partial)
      fault(shown, tag.line, said + "nests too deep; 8 partials in each other are the most");
    else if (++partials_ > most_partials)
      stop(shown, tag.line, "the template includes more than 1,000 partials; include fewer");
    else
      return assemble(name);
    return {};
  }

  void check(const Tag& tag, const std::string& shown) {
    if (tag.kind == TagKind::comment) return;
    if (tag.kind == TagKind::close) return open_.empty() ? void() : open_.pop_back();
    if (!is_known(tag.name)) {
      const auto near = nearest(tag.name, names_.plain);
      fault(shown, tag.line,
            "the tag {{" + tag.name + "}} names nothing known" +
                (near.empty() ? std::string() : "; did you mean {{" + near + "}}?"));
    } else if (tag.name == names_.html && tag.kind == TagKind::variable) {
      fault(shown, tag.line,
            "{{" + tag.name + "}} would show the " + tag.name + "'s HTML as text; write {{{" +
                tag.name + "}}}");
    }
    if (tag.kind == TagKind::section || tag.kind == TagKind::inverted) open_.push_back(tag.name);
  }

  bool is_open(std::string_view section) const {
    return std::find(open_.begin(), open_.end(), section) != open_.end();
  }

  bool is_known(const std::string& name) const {
    if (std::find(names_.plain.begin(), names_.plain.end(), name) != names_.plain.end())
      return true;
    if (!names_.of_mails) return false;
    if (name == "text" || name == "anchor") return is_open("toc");
    // {{.}} is the element of a reader's own list.
    if (name == ".") return !open_.empty() && open_.back().starts_with(attribute_prefix);
    return name.starts_with(attribute_prefix) && name.size() > attribute_prefix.size();
  }

  const Theme& theme_;
  const KnownNames names_;
  Faults& faults_;
  std::size_t told_ = 0;
  std::size_t partials_ = 0;
  bool stopped_ = false;
  std::vector<std::string> path_;  // the files being assembled, the outermost first
  std::vector<std::string> open_;  // sections
};

}  // namespace

std::string whole_template(const Theme& theme, const std::string& name, const Values& values,
                           Faults& faults) {
  return Assembly(theme, names_of_mails(values), faults).assemble(name);
}

std::string whole_page(const Theme& theme, const std::string& name,
                       std::span<const std::string_view> values, Faults& faults) {
  return Assembly(theme, names_of_page(theme, name, values), faults).assemble(name);
}

std::string whole_notice(const Theme& theme, const std::string& name, const Values& values,
                         Faults& faults) {
  KnownNames names;
  for (const auto& [known, value] : values) names.plain.push_back(known);
  return Assembly(theme, names, faults).assemble(name);
}

}  // namespace postrider::templates
