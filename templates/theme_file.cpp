#include "templates/theme_file.h"

#include <algorithm>
#include <vector>

#include "base/text.h"
#include "templates/mustache.h"

namespace postrider::templates {

namespace {

constexpr std::size_t deepest_partial = 8;
constexpr std::size_t largest_template = 1024 * 1024;
constexpr std::string_view attribute_prefix = "subscriber.attributes.";

class Assembly {
 public:
  Assembly(const Theme& theme, const Values& values, Faults& faults)
      : theme_(theme), faults_(faults) {
    for (const auto& [name, value] : values) known_.push_back(name);
    for (const auto* name : {"toc", "has_toc", "toc_text", "body", "subscriber.email",
                             "subscriber.name", "subscriber.first_name", "unsubscribe_url"})
      known_.emplace_back(name);
  }

  std::string assemble(const std::string& name) {
    const auto& [shown, text] = theme_.files.at(name);
    const auto tags = scan_tags(text, shown);
    if (!tags) {
      faults_.insert(faults_.end(), tags.error().begin(), tags.error().end());
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
      if (out.size() > largest_template && faults_.empty())
        fault(shown, tag.line, "the template grows over 1 MB by its partials; include fewer");
      if (!faults_.empty()) break;
    }
    out += text.substr(std::min(at, text.size()));
    path_.pop_back();
    return out;
  }

 private:
  void fault(const std::string& file, int line, std::string message) {
    faults_.push_back({file, line, "", std::move(message)});
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
    else
      return faults_.empty() ? assemble(name) : std::string();
    return {};
  }

  void check(const Tag& tag, const std::string& shown) {
    if (tag.kind == TagKind::comment) return;
    if (tag.kind == TagKind::close) return open_.empty() ? void() : open_.pop_back();
    if (!is_known(tag.name)) {
      const auto near = nearest(tag.name, known_);
      fault(shown, tag.line,
            "the tag {{" + tag.name + "}} names nothing known" +
                (near.empty() ? std::string() : "; did you mean {{" + near + "}}?"));
    } else if (tag.name == "body" && tag.kind == TagKind::variable) {
      fault(shown, tag.line, "{{body}} would show the body's HTML as text; write {{{body}}}");
    }
    if (tag.kind == TagKind::section || tag.kind == TagKind::inverted) open_.push_back(tag.name);
  }

  bool is_open(std::string_view section) const {
    return std::find(open_.begin(), open_.end(), section) != open_.end();
  }

  bool is_known(const std::string& name) const {
    if (std::find(known_.begin(), known_.end(), name) != known_.end()) return true;
    if (name == "text" || name == "anchor") return is_open("toc");
    // {{.}} is the element of a reader's own list.
    if (name == ".") return !open_.empty() && open_.back().starts_with(attribute_prefix);
    return name.starts_with(attribute_prefix) && name.size() > attribute_prefix.size();
  }

  const Theme& theme_;
  Faults& faults_;
  std::vector<std::string> known_;
  std::vector<std::string> path_;  // the files being assembled, the outermost first
  std::vector<std::string> open_;  // sections
};

}  // namespace

std::string whole_template(const Theme& theme, const std::string& name, const Values& values,
                           Faults& faults) {
  return Assembly(theme, values, faults).assemble(name);
}

}  // namespace postrider::templates
