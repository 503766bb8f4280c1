// Images that are sent inside the mail: what names them there, and the HTML that shows them.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "templates/draft.h"

namespace postrider::templates {

/// "chart.png" → what names it inside the mail.
using ImageIds = std::map<std::string, std::string, std::less<>>;

/// One for each image, unlike those of any other issue or other content:
/// "9f86d081884c7d659a2f.1@report.example" (RFC 2392). `base_url`: the publication's.
ImageIds image_ids(const Draft& draft, std::string_view base_url);

/// The HTML with "cid:ID" for each of these images that it shows, however it is written. `shown`:
/// their names, added to.
std::string with_image_ids(std::string_view html, const ImageIds& ids,
                           std::set<std::string, std::less<>>& shown);

/// "./chart.png" → "chart.png".
std::string_view image_name(std::string_view target);

}  // namespace postrider::templates
