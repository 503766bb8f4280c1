// A relay that writes one .eml a message into a folder, atomically: for trying out and for tests.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "queue/relay.h"

namespace postrider::queue {

/// `directory` is made where it is missing. A file's name carries the recipient and is unique.
std::unique_ptr<Relay> make_file_relay(std::string name, std::filesystem::path directory,
                                       const Clock& clock);

}  // namespace postrider::queue
