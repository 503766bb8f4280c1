#include "templates/issue.h"

#include <algorithm>
#include <kainjow/mustache.hpp>
#include <optional>
#include <set>

#include "base/text.h"
#include "templates/body.h"
#include "templates/html.h"
#include "templates/images.h"
#include "templates/issue_values.h"
#include "templates/styles.h"
#include "templates/theme_file.h"
#include "templates/variant.h"

namespace postrider::templates {

namespace mustache = kainjow::mustache;

namespace {

std::string escape(PartKind kind, const std::string& text) {
  return kind == PartKind::html ? escape_html(text) : text;
}

/// Mustache takes an empty string for something that is there.
mustache::data text_or_false(const std::string& text) {
  return text.empty() ? mustache::data(mustache::data::type::bool_false) : mustache::data(text);
}

/// {{issue.title}} inside an address → {{url.issue.title}}, whose value is percent-encoded.
std::string with_url_names(std::string_view text, const std::vector<Tag>& tags, PartKind kind) {
  const auto places = places_of(text, kind, tags);
  std::string out;
  std::size_t at = 0;
  for (std::size_t i = 0; i < tags.size(); ++i) {
    const auto& tag = tags[i];
    if (tag.kind != TagKind::variable || depends_on_reader(tag.name)) continue;
    const bool whole = tag.name == "publication.base_url" || tag.name == "anchor";
    const bool in_address = places[i] == Place::html_url || places[i] == Place::text_url;
    if (whole || !in_address) continue;
    out += text.substr(at, tag.begin - at);
    out += "{{url." + tag.name + "}}";
    at = tag.end;
  }
  out += text.substr(at);
  return out;
}

/// Each entry of the contents within its heading's own sections: {{#toc}}{{&opening}}…
std::string with_toc_sections(std::string_view text, const std::vector<Tag>& tags) {
  std::string out;
  std::size_t at = 0;
  std::vector<bool> loops;  // for each open section: whether it is {{#toc}}
  for (const auto& tag : tags) {
    if (tag.kind == TagKind::section || tag.kind == TagKind::inverted) {
      loops.push_back(tag.kind == TagKind::section && tag.name == "toc");
      if (!loops.back()) continue;
      out += text.substr(at, tag.end - at);
      out += "{{&opening}}";
      at = tag.end;
    } else if (tag.kind == TagKind::close && !loops.empty()) {
      if (loops.back()) {
        out += text.substr(at, tag.begin - at);
        out += "{{&closing}}";
        at = tag.begin;
      }
      loops.pop_back();
    }
  }
  out += text.substr(at);
  return out;
}

/// The tags that are left for each reader, {{.}} in a section on a reader's own list among them.
class ReaderTags {
 public:
  bool operator()(const Tag& tag) {
    const bool reader = depends_on_reader(tag.name);
    if (tag.kind == TagKind::section || tag.kind == TagKind::inverted)
      open_.push_back(reader);
    else if (tag.kind == TagKind::close && !open_.empty())
      open_.pop_back();
    return reader || (tag.name == "." && !open_.empty() && open_.back());
  }

 private:
  std::vector<bool> open_;
};

/// Everything one issue's rendering knows; faults gather in it.
class IssuePress {
 public:
  IssuePress(const Draft& draft, const Theme& theme, const PublicationText& publication)
      : draft_(draft),
        theme_(theme),
        values_(issue_values(draft, theme, publication)),
        image_ids_(image_ids(draft, publication.base_url)) {}

  tl::expected<RenderedIssue, Faults> print() {
    auto body = make_body(draft_);
    if (!body) return tl::make_unexpected(body.error());
    const auto& sheet = theme_.files.at("elements.css");
    auto styles = parse_styles(sheet.text, sheet.file);
    if (!styles) return tl::make_unexpected(styles.error());
    if (is_right_to_left(theme_.language)) mirror(*styles);
    body->html = with_styles(with_images(*body), *styles);
    RenderedIssue issue;
    issue.subject = draft_.title;
    issue.html = part("issue.html.mustache", body->html, body->headings, PartKind::html);
    issue.text = part("issue.text.mustache", body->text, body->headings, PartKind::text);
    if (!faults_.empty()) return tl::make_unexpected(std::move(faults_));
    issue.images = images_in(issue.html);
    return issue;
  }

 private:
  /// The body with its images inside the mail. One that the draft wants and no reader would see is
  /// a fault.
  std::string with_images(const Body& body) {
    std::set<std::string, std::less<>> shown;
    auto html = with_image_ids(body.html, image_ids_, shown);
    for (const auto& reference : body.references) {
      const auto name = image_name(reference.target);
      if (reference.image && image_ids_.contains(name) && !shown.contains(name))
        faults_.push_back({draft_.file, reference.line, std::string(name),
                           "this image stands where no mail program shows it; take it out of the "
                           "HTML element around it"});
    }
    return html;
  }

  /// Those that the HTML shows, under the names they have there.
  std::vector<Image> images_in(const std::string& html) const {
    std::vector<Image> images;
    for (const auto& image : draft_.images) {
      const auto& id = image_ids_.at(image.name);
      if (html.find("cid:" + id) != std::string::npos)
        images.push_back({id, image.type, image.bytes});
    }
    return images;
  }

  /// One part: the theme's template around the body; the reader's tags come through as they are.
  std::string part(const std::string& name, const std::string& body,
                   const std::vector<Heading>& headings, PartKind kind) {
    auto text = whole_template(theme_, name, values_, faults_);
    if (faults_.empty() && kind == PartKind::html) check_places(name, text);
    if (!faults_.empty()) return {};
    if (const auto tags = scan_tags(text, name)) text = with_toc_sections(text, *tags);
    auto context = make_context(kind);
    context.set("body", fill(body, draft_.file, context, kind));
    set_contents(context, headings);
    const auto& file = theme_.files.at(name).file;
    auto filled = fill(text, file, context, kind);
    // Theme and body are each well nested by now, but may be too deep together.
    if (const auto tags = scan_tags(filled, file); !tags) return refuse(tags.error());
    return filled;
  }

  /// Whether the theme's values can stand where they do: by file, and once more with the partials
  /// in place, where lines are known no longer.
  void check_places(const std::string& name, const std::string& whole) {
    std::set<std::string> looked_at;
    check_file(name, looked_at);
    if (!faults_.empty()) return;
    const auto& file = theme_.files.at(name).file;
    if (const auto tags = scan_tags(whole, file)) refuse(misplaced_tags(whole, *tags, file));
    for (auto& fault : faults_) fault.line = 0;
  }

  /// The file and its partials, which all are there by now.
  void check_file(const std::string& name, std::set<std::string>& looked_at) {
    const auto found = theme_.files.find(name);
    if (found == theme_.files.end() || !looked_at.insert(name).second) return;
    const auto& [file, text] = found->second;
    const auto tags = scan_tags(text, file);
    if (!tags) return;
    refuse(misplaced_tags(text, *tags, file));
    for (const auto& tag : *tags)
      if (tag.kind == TagKind::partial) check_file(tag.name + ".mustache", looked_at);
  }

  /// Everything filled in that is the same for all readers.
  std::string fill(const std::string& text, const std::string& file, const mustache::data& context,
                   PartKind kind) {
    const auto all = scan_tags(text, file);
    if (!all) return refuse(all.error());
    const auto named = with_url_names(text, *all, kind);
    const auto tags = scan_tags(named, file);
    if (!tags) return refuse(tags.error());
    const auto lifted = lift(named, *tags, ReaderTags());
    mustache::mustache parsed(lifted.text);
    parsed.set_custom_escape([kind](const std::string& plain) { return escape(kind, plain); });
    const auto rendered = parsed.render(context);
    if (!parsed.is_valid()) return refuse({{file, 0, "", parsed.error_message()}});
    return lifted.put_back(rendered);
  }

  std::string refuse(const Faults& faults) {
    faults_.insert(faults_.end(), faults.begin(), faults.end());
    return {};
  }

  mustache::data make_context(PartKind kind) const {
    const auto place = kind == PartKind::html ? Place::html_url : Place::text_url;
    mustache::data context;
    mustache::data url;
    std::map<std::string, mustache::data> groups;
    std::map<std::string, mustache::data> url_groups;
    for (const auto& [name, value] : values_) {
      const auto encoded = mustache::data(escaped(value, place, false));
      const auto dot = name.find('.');
      if (dot == std::string::npos) {
        context.set(name, text_or_false(value));
        url.set(name, encoded);
      } else {
        groups[name.substr(0, dot)].set(name.substr(dot + 1), text_or_false(value));
        url_groups[name.substr(0, dot)].set(name.substr(dot + 1), encoded);
      }
    }
    for (const auto& [group, data] : groups) context.set(group, data);
    for (const auto& [group, data] : url_groups) url.set(group, data);
    context.set("url", url);
    return context;
  }

  /// The contents: a list for HTML, ready lines for the text part; headings may have tags in them.
  void set_contents(mustache::data& context, const std::vector<Heading>& headings) {
    mustache::data contents{mustache::data::type::list};
    std::vector<Heading> shown;
    for (const auto& heading : headings) {
      if (!draft_.toc || heading.level != 2) continue;
      const auto entry = contents_entry(heading, context);
      if (!entry) continue;
      shown.push_back(*entry);
      mustache::data values;
      values.set("text", entry->text);
      values.set("anchor", entry->anchor);
      values.set("opening", entry->opening);
      values.set("closing", entry->closing);
      contents.push_back(values);
    }
    context.set("toc", contents);
    context.set("has_toc", mustache::data(shown.empty() ? mustache::data::type::bool_false
                                                        : mustache::data::type::bool_true));
    context.set("toc_text", plain_contents(shown));
  }

  /// The heading as the contents show it; nothing where the issue leaves it out.
  std::optional<Heading> contents_entry(Heading heading, const mustache::data& context) {
    constexpr std::string_view inside = "\x1F";
    const auto around = fill(heading.opening + std::string(inside) + heading.closing, draft_.file,
                             context, PartKind::text);
    const auto at = around.find(inside);
    if (at == std::string::npos) return {};
    heading.opening = around.substr(0, at);
    heading.closing = around.substr(at + inside.size());
    auto& text = heading.text = fill(heading.text, draft_.file, context, PartKind::text);
    // The place asks for the escaped form, whatever the heading itself asked for.
    for (auto tag = text.find("{{&"); tag != std::string::npos; tag = text.find("{{&", tag))
      text.erase(tag + 2, 1);
    return heading;
  }

  const Draft& draft_;
  const Theme& theme_;
  const Values values_;
  const ImageIds image_ids_;
  Faults faults_;
};

}  // namespace

tl::expected<RenderedIssue, Faults> render_issue(const Draft& draft, const Theme& theme,
                                                 const PublicationText& publication) {
  return IssuePress(draft, theme, publication).print();
}

}  // namespace postrider::templates
