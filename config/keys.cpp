#include "config/keys.h"

namespace postrider::config {

namespace {

constexpr Key keys[] = {
    {"publication", "name"},
    {"publication", "from"},
    {"publication", "reply_to"},
    {"publication", "base_url"},
    {"publication", "postal_address"},
    {"publication", "language"},
    {"publication", "timezone"},
    {"publication", "max_lateness"},
    {"publication", "undo_window", false, "\"0s\""},
    {"publication", "approval", false, "\"front-matter\""},
    {"publication", "reviewers", false, "[]"},
    {"lists.*", "name"},
    {"lists.*", "schedule", false},
    {"lists.*", "double_opt_in", false, "false"},
    {"segments", "NAME"},
    {"storage", "database"},
    {"storage", "drafts"},
    {"storage", "theme"},
    {"storage", "secrets"},
    {"relay", "name"},
    {"relay", "url"},
    {"relay", "tls"},
    {"relay", "ca_file"},
    {"relay", "username"},
    {"relay", "password_file"},
    {"relay", "auth"},
    {"relay", "token_file"},
    {"relay", "token_command"},
    {"relay", "connections"},
    {"relay", "messages_per_connection"},
    {"relay", "connect_timeout"},
    {"relay", "command_timeout"},
    {"relay", "data_timeout"},
    {"relay", "block_timeout"},
    {"relay", "answer_timeout"},
    {"relay", "rate"},
    {"relay", "priority"},
    {"relay", "domains"},
    {"domains.*", "connections"},
    {"domains.*", "rate"},
    {"pacing", "providers"},
    {"retry", "delays"},
    {"retry", "give_up_after"},
    {"retry", "in_doubt"},
    {"dkim", "domain"},
    {"dkim", "selector"},
    {"dkim", "ed25519_selector"},
    {"bounces", "address", false, "\"\""},
    {"bounces", "mailbox", false, "\"\""},
    {"bounces", "username", false, "\"\""},
    {"bounces", "password_file", false, "\"\""},
    {"http", "listen"},
    {"http", "trusted_proxies"},
    {"http", "certificate", false, "\"\""},
    {"http", "key", false, "\"\""},
    {"operator", "email", false, "\"\""},
    {"operator", "on_event", false, "\"\""},
    {"log", "level"},
};

}  // namespace

std::span<const Key> known_keys() { return keys; }

}  // namespace postrider::config
