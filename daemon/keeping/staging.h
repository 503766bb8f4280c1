// A folder for what is being made, beside where it is to be; gone with its owner. All in it is for
// its owner alone: folders of mode 0700, files of 0600.
#pragma once

#include <filesystem>
#include <functional>
#include <istream>
#include <string>
#include <vector>

#include "base/descriptor.h"
#include "base/error.h"
#include "daemon/keeping/manifest.h"

namespace postrider::daemon::keeping {

/// How many octets are through. False: enough of it.
using Passed = std::function<bool(std::uint64_t octets)>;

class Staging {
 public:
  /// NAME.postrider-XXXXXX. What killed programs have left of that name goes.
  static Result<Staging> beside(const std::filesystem::path& file);
  ~Staging();
  Staging(Staging&& other) noexcept;
  Staging& operator=(Staging&&) = delete;

  const std::filesystem::path& path() const { return path_; }
  /// Below it, its folders made; the file is not.
  std::filesystem::path place_for(const std::string& name) const;

  /// A new file with what the stream has, which is at most `most` octets.
  Result<FileFacts> write(const std::string& name, std::istream& from, std::uint64_t most,
                          const Passed& passed = {}) const;

  /// It is `folder` from now on, which is not there or is empty.
  Result<void> become(const std::filesystem::path& folder);

 private:
  Staging(std::filesystem::path path, Descriptor lock)
      : path_(std::move(path)), lock_(std::move(lock)) {}
  std::filesystem::path path_;  // empty: it has become another
  Descriptor lock_;             // that its owner lives
};

/// What the stream has, to its end.
Result<FileFacts> facts_of(std::istream& from, const Passed& passed = {});

}  // namespace postrider::daemon::keeping
