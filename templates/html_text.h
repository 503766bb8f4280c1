// The text part of HTML, by a walk over its document: of an HTML draft, and of raw HTML within
// Markdown.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "templates/anchors.h"
#include "templates/body.h"
#include "templates/html.h"
#include "templates/plain_text.h"

namespace postrider::templates {

/// Elements that mail programs drop or that have no place in a mail: script, form, video.
bool is_not_for_text(std::string_view name);

/// Adds to the body what the lint wants to know of a tag: elements that are not for text, scripts
/// in its attributes, the addresses of an image map.
void note_for_lint(const HtmlTag& tag, int line, Body& body);

/// Writes into a PlainText and a Body that outlive it.
class HtmlText {
 public:
  HtmlText(const Lifted& lifted, PlainText& text, Body& body, Anchors& anchors)
      : lifted_(lifted), text_(text), body_(body), anchors_(anchors) {}

  struct Added {
    std::string html;             // the same with an id at every heading
    std::optional<int> unending;  // the line of a tag or comment that never ends
  };
  /// Adds HTML that begins on that line; what it leaves open is closed.
  Added add(std::string_view html, int line);

 private:
  void add_words(std::string_view raw);
  void add_tag(const HtmlTag& tag);
  void flush();
  void open_prefix(std::string_view name);
  void close_prefix(std::string_view name);
  void close_last();
  void heading(const HtmlTag& tag);
  void link(const HtmlTag& tag);
  void add_link_words();
  void image(const HtmlTag& tag);
  int line_at(std::size_t offset);

  const Lifted& lifted_;
  PlainText& text_;
  Body& body_;
  Anchors& anchors_;

  std::string_view html_;
  std::string out_;  // html_ with ids, as far as copied_
  std::size_t copied_ = 0;
  std::size_t counted_ = 0;  // line_ is of this offset
  int line_ = 1;
  /// A list, an item or a quote that is open.
  struct Open {
    std::string name;
    int next = 0;             // number of a list; 0: bullets
    bool has_prefix = false;  // in the text
  };

  std::string words_;  // of the block that is open
  std::string plain_;  // the same without the addresses of links
  std::vector<Open> open_;
  std::string target_;
  std::size_t link_begin_ = 0;    // in words_
  std::size_t plain_begin_ = 0;   // in plain_
  std::string link_words_;        // in blocks that ended within the link
  bool link_is_written_ = false;  // behind the first of those blocks
  int link_line_ = 0;             // 0: none is open
  int heading_ = 0;               // its level; 0: none
  std::size_t heading_name_end_ = 0;
  std::string heading_id_;
  int prefixes_ = 0;
  int code_ = 0;
  bool preformatted_ = false;
};

}  // namespace postrider::templates
