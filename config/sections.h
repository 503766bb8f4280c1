// One function a section of the settings: a table becomes plain values; what is wrong becomes
// faults, and its value stays at the default.
#pragma once

#include <filesystem>
#include <string>

#include "config/section.h"
#include "config/settings.h"

namespace postrider::config {

Publication read_publication(const Section& section);

/// The slots of a list; `zone`: of the publication.
void read_schedule(const Section& section, const std::string& zone, List& list);

/// Warns where the theme has no words in the publication's language.
void check_words(const Section& section, const std::string& language,
                 const std::filesystem::path& theme_folder);

/// `folder`: what relative paths resolve against, here and below.
Storage read_storage(const Section& section, const std::filesystem::path& folder);

/// Reads one [[relay]] with its secret, and looks for its certificates.
Relay read_relay(const Table& table, int line, const std::filesystem::path& folder,
                 FaultList& faults);

/// `name`: as of parse_domain.
Domain read_domain(const Section& section, std::string name);

Pacing read_pacing(const Section& section);

Retry read_retry(const Section& section);

/// `from`: the publication's mailbox, whose domain the signature is to stand for.
Dkim read_dkim(const Section& section, const std::string& from);

Bounces read_bounces(const Section& section, const std::filesystem::path& folder);

/// What goes with no other section: `settings` have [publication], [bounces] and [http].
void check_bounces(const Section& section, const Settings& settings);

Webhooks read_webhooks(const Section& section, const std::filesystem::path& folder);

SignUp read_sign_up(const Section& section, const std::filesystem::path& folder);

Guards read_guards(const Section& section);

Http read_http(const Section& section, const std::filesystem::path& folder);

}  // namespace postrider::config
