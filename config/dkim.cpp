#include "config/checks.h"
#include "config/sections.h"
#include "mail/address.h"

namespace postrider::config {

namespace {

Result<std::string> parse_selector(std::string_view text) {
  if (text.empty()) return fail("is empty; write a name such as \"postrider\"");
  return parse_dns_name(text);
}

/// Of a mailbox; an example where that is faulty.
std::string domain_of(const std::string& from) {
  const auto mailbox = mail::parse_mailbox(from);
  return mailbox ? mailbox->address.domain : "report.example";
}

/// DMARC counts a signature only where its domain is the one of From, or shares its
/// organisation's (RFC 7489 §3.1.1).
void check_alignment(const Section& section, const std::string& ours, const std::string& sender) {
  const auto from = mail::parse_mailbox(sender);
  if (!from) return;
  const auto& theirs = from->address.domain;
  if (is_within(theirs, ours) && (theirs == ours || ours.find('.') != std::string::npos)) return;
  if (is_within(ours, theirs))
    return section.warn("domain",
                        "is below the domain of publication.from, which counts for "
                        "DMARC only where its record has no adkim=s; \"" +
                            theirs + "\" always counts");
  section.fault("domain",
                "is not the domain of publication.from, so DMARC would not count the "
                "signature; write \"" +
                    theirs + "\"");
}

}  // namespace

Dkim read_dkim(const Section& section, const std::string& from) {
  Dkim to;
  section.read("domain", to.domain, parse_dns_name);
  section.read("ed25519_selector", to.ed25519_selector, parse_dns_name);
  if (to.domain.empty()) {
    section.read("selector", to.selector, parse_dns_name);
    if (!to.ed25519_selector.empty())
      section.fault("ed25519_selector", "signs nothing without a domain; write domain = \"" +
                                            domain_of(from) +
                                            "\" and a selector above it, or leave it out");
    else if (!to.selector.empty() && !section.has("domain"))
      section.warn("selector", "signs nothing without a domain; write domain = \"" +
                                   domain_of(from) + "\" above it");
    return to;
  }
  section.require("selector", to.selector, parse_selector, "selector = \"postrider\"");
  if (to.selector == to.ed25519_selector && !to.selector.empty())
    section.fault("ed25519_selector",
                  "is the same as selector; write another name, since each key has a record of "
                  "its own");
  check_alignment(section, to.domain, from);
  return to;
}

}  // namespace postrider::config
