// Which files the settings name beside their folders: what a copy of a newsletter needs as well.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/error.h"

namespace postrider::config {

struct NamedFile {
  std::string key;  // "relay.password_file"
  std::filesystem::path path;
};

/// Passwords, tokens, keys, certificates and lists of domains, in the file's order, whether they
/// are there or not. Not programs. Error: the settings cannot be read.
Result<std::vector<NamedFile>> named_files(const std::filesystem::path& settings);

}  // namespace postrider::config
