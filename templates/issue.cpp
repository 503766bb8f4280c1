#include "templates/issue.h"

#include <algorithm>
#include <kainjow/mustache.hpp>
#include <set>

#include "base/text.h"
#include "templates/body.h"
#include "templates/html.h"
#include "templates/plain_text.h"
#include "templates/styles.h"

namespace postrider::templates {

namespace mustache = kainjow::mustache;

namespace {

constexpr int deepest_partial = 8;

bool is_right_to_left(std::string_view language) {
  const auto primary = language.substr(0, language.find('-'));
  return primary == "ar" || primary == "he" || primary == "fa" || primary == "ur";
}

/// Empty texts are false, since mustache takes an empty string for something that is there.
mustache::data text_or_false(const std::string& text) {
  return text.empty() ? mustache::data(mustache::data::type::bool_false) : mustache::data(text);
}

/// Everything one issue's rendering knows; faults gather in it.
class Press {
 public:
  Press(const Draft& draft, const Theme& theme, const PublicationText& publication)
      : draft_(draft), theme_(theme), publication_(publication) {}

  tl::expected<RenderedIssue, Faults> print() {
    auto body = make_body(draft_);
    if (!body) return tl::make_unexpected(body.error());
    const auto styles = parse_styles(file("elements.css").text, file("elements.css").file);
    if (!styles) return tl::make_unexpected(styles.error());
    RenderedIssue issue;
    issue.subject = draft_.title;
    issue.images = draft_.images;
    issue.html = part("issue.html.mustache", with_styles(with_image_ids(body->html), *styles),
                      *body, [](const std::string& text) { return escape_html(text); });
    issue.text = part("issue.text.mustache", body->text, *body,
                      [](const std::string& text) { return text; });
    if (!faults_.empty()) return tl::make_unexpected(std::move(faults_));
    drop_unused_images(issue);
    return issue;
  }

 private:
  const TemplateFile& file(const std::string& name) const { return theme_.files.at(name); }

  /// "chart.png" beside the draft → "cid:chart.png".
  std::string with_image_ids(std::string html) const {
    for (const auto& image : draft_.images) {
      for (const std::string prefix : {"src=\"", "src=\"./"}) {
        const auto plain = prefix + image.name + "\"";
        for (auto at = html.find(plain); at != std::string::npos; at = html.find(plain, at))
          html.replace(at, plain.size(), "src=\"cid:" + image.name + "\"");
      }
    }
    return html;
  }

  static void drop_unused_images(RenderedIssue& issue) {
    std::erase_if(issue.images, [&](const Image& image) {
      return issue.html.find("\"cid:" + image.name + "\"") == std::string::npos;
    });
  }

  /// The template with its partials in place; a partial that contains itself is a fault.
  std::string with_partials(const std::string& name, int depth) {
    const auto& [shown, text] = file(name);
    const auto tags = scan_tags(text, shown);
    if (!tags) {
      faults_.insert(faults_.end(), tags.error().begin(), tags.error().end());
      return {};
    }
    std::string out;
    std::size_t at = 0;
    for (const auto& tag : *tags) {
      if (tag.kind != TagKind::partial) continue;
      out += text.substr(at, tag.begin - at);
      at = tag.end;
      const auto partial = tag.name + ".mustache";
      if (!theme_.files.contains(partial))
        faults_.push_back(
            {shown, tag.line, "", "there is no partial " + partial + " in the theme"});
      else if (depth >= deepest_partial)
        faults_.push_back(
            {shown, tag.line, "",
             "the partial " + tag.name + " includes itself, or partials nest too deep"});
      else
        out += with_partials(partial, depth + 1);
      if (!faults_.empty()) return {};
    }
    return out + text.substr(at);
  }

  /// One part: the theme's template around the body; the reader's tags come through as they are.
  std::string part(const std::string& name, const std::string& body_text, const Body& body,
                   const mustache::mustache::escape_handler& escape) {
    auto text = with_partials(name, 0);
    check_names(text, name);
    if (!faults_.empty()) return {};
    for (const std::string tag : {"{{{body}}}", "{{&body}}"})
      if (const auto at = text.find(tag); at != std::string::npos)
        text.replace(at, tag.size(), body_text);
    const auto tags = scan_tags(text, file(name).file);
    if (!tags) {
      faults_ = tags.error();
      return {};
    }
    const auto lifted =
        lift(text, *tags, [](const Tag& tag) { return depends_on_reader(tag.name); });
    mustache::mustache parsed(lifted.text);
    parsed.set_custom_escape(escape);
    const auto rendered = parsed.render(context(body));
    if (!parsed.is_valid()) faults_.push_back({file(name).file, 0, "", parsed.error_message()});
    return lifted.put_back(rendered);
  }

  /// A theme's tag that names nothing known.
  void check_names(const std::string& text, const std::string& name) {
    static const std::set<std::string> known{"issue.title",
                                             "issue.subtitle",
                                             "issue.author",
                                             "issue.date",
                                             "issue.slug",
                                             "issue.byline",
                                             "issue.title_lines",
                                             "issue.subtitle_lines",
                                             "publication.name",
                                             "publication.postal_address",
                                             "publication.base_url",
                                             "language",
                                             "direction",
                                             "toc",
                                             "has_toc",
                                             "toc_text",
                                             "body",
                                             "anchor",
                                             "text",
                                             "."};
    const auto tags = scan_tags(text, file(name).file);
    if (!tags) return;  // told by with_partials
    for (const auto& tag : *tags) {
      if (tag.kind == TagKind::comment || tag.kind == TagKind::close || known.contains(tag.name) ||
          depends_on_reader(tag.name))
        continue;
      if (tag.name.starts_with("words.") && theme_.words.contains(tag.name.substr(6))) continue;
      faults_.push_back(
          {file(name).file, tag.line, "", "the tag {{" + tag.name + "}} names nothing known"});
    }
  }

  std::string byline() const {
    if (draft_.author.empty() || draft_.date.empty()) return draft_.author + draft_.date;
    return draft_.author + " · " + draft_.date;
  }

  mustache::data context(const Body& body) const {
    mustache::data issue;
    issue.set("title", draft_.title);
    issue.set("subtitle", text_or_false(draft_.subtitle));
    issue.set("author", text_or_false(draft_.author));
    issue.set("date", text_or_false(draft_.date));
    issue.set("slug", draft_.slug);
    issue.set("byline", text_or_false(byline()));
    issue.set("title_lines", wrap(draft_.title, "", ""));
    issue.set("subtitle_lines", wrap(draft_.subtitle, "", ""));

    mustache::data publication;
    publication.set("name", publication_.name);
    publication.set("postal_address", publication_.postal_address);
    publication.set("base_url", publication_.base_url);

    mustache::data contents{mustache::data::type::list};
    std::size_t count = 0;
    for (const auto& heading : body.headings) {
      if (!draft_.toc || heading.level != 2) continue;
      mustache::data entry;
      entry.set("text", heading.text);
      entry.set("anchor", heading.anchor);
      contents.push_back(entry);
      ++count;
    }
    mustache::data context;
    context.set("issue", issue);
    context.set("publication", publication);
    context.set("language", theme_.language);
    context.set("direction", is_right_to_left(theme_.language) ? "rtl" : "ltr");
    context.set("toc", contents);
    context.set("has_toc", mustache::data(count > 0 ? mustache::data::type::bool_true
                                                    : mustache::data::type::bool_false));
    auto toc_text = plain_contents(body.headings);
    if (toc_text.ends_with('\n')) toc_text.pop_back();
    context.set("toc_text", toc_text);
    context.set("words", words(context));
    return context;
  }

  /// The theme's words, the publication's name filled in.
  mustache::data words(const mustache::data& context) const {
    mustache::data filled;
    for (const auto& [key, text] : theme_.words) {
      mustache::mustache parsed(text);
      parsed.set_custom_escape([](const std::string& plain) { return plain; });
      filled.set(key, parsed.render(context));
    }
    return filled;
  }

  const Draft& draft_;
  const Theme& theme_;
  const PublicationText& publication_;
  Faults faults_;
};

}  // namespace

tl::expected<RenderedIssue, Faults> render_issue(const Draft& draft, const Theme& theme,
                                                 const PublicationText& publication) {
  return Press(draft, theme, publication).print();
}

}  // namespace postrider::templates
