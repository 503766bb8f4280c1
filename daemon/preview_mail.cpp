#include "daemon/preview_mail.h"

#include <utility>

#include "base/text.h"
#include "templates/html.h"

namespace postrider::daemon {

namespace {

constexpr std::string_view of_links =
    "In a preview, the links to leave and to the reader's own pages open nothing.";

using Lines = std::vector<std::pair<std::string, std::string>>;

Lines lines_of(const PreviewFacts& facts) {
  Lines lines{{"Preview of", "issue " + facts.slug + ", version " + facts.version},
              {"Goes out", facts.goes_out},
              {"Readers", facts.readers},
              {"Shown as", facts.reader},
              {"Found", facts.found.empty() ? "nothing that speaks against it" : ""}};
  for (const auto& fault : facts.found) lines.emplace_back("", fault);
  if (!facts.approval.empty()) lines.emplace_back("Approval", facts.approval);
  return lines;
}

std::string text_banner(const PreviewFacts& facts) {
  std::string text;
  for (const auto& [label, value] : lines_of(facts))
    text += (label.empty() ? "  - " : label + ": ") + value + "\n";
  if (!facts.link.empty()) text += "\n" + facts.link + "\n";
  return text + "\n" + std::string(of_links) + "\n\n" + std::string(70, '-') + "\n\n";
}

std::string html_banner(const PreviewFacts& facts) {
  const auto p = [](const std::string& inner) {
    return "<p style=\"margin:0 0 6px\">" + inner + "</p>\n";
  };
  std::string html =
      "<div style=\"margin:0;padding:16px 20px;background:#fff4d6;color:#1c1b19;"
      "border-bottom:3px solid #8c2f1b;font:15px/1.5 Arial,sans-serif;text-align:left\" "
      "dir=\"ltr\" lang=\"en\">\n";
  for (const auto& [label, value] : lines_of(facts))
    html += p((label.empty() ? "– " : "<b>" + label + ":</b> ") + templates::escape_html(value));
  if (!facts.link.empty()) {
    const auto link = templates::escape_html(facts.link);
    html += p("<a href=\"" + link + "\" style=\"color:#8c2f1b\">Look at it and approve it</a>");
  }
  return html + p(std::string(of_links)) + "</div>\n";
}

/// Behind the body's beginning, wherever a theme has that.
void put_on_top(std::string& html, const std::string& banner) {
  const auto body = to_lower(html).find("<body");
  const auto end = body == std::string::npos ? std::string::npos : html.find('>', body);
  html.insert(end == std::string::npos ? 0 : end + 1, "\n" + banner);
}

}  // namespace

templates::RenderedNotice render_preview(const PreviewFacts& facts, templates::RenderedIssue read) {
  put_on_top(read.html, html_banner(facts));
  return {"[PREVIEW] " + read.subject, std::move(read.html), text_banner(facts) + read.text,
          std::move(read.images)};
}

}  // namespace postrider::daemon
