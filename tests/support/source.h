// Where the sources are, for tests that read their data and docs.
#pragma once

#include <filesystem>

namespace postrider::test {

/// The project's folder.
std::filesystem::path source_folder();

}  // namespace postrider::test
