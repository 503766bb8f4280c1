#include "daemon/keeping/zip_file.h"

#include <algorithm>
#include <fcntl.h>
#include <memory>
#include <sys/stat.h>
#include <unistd.h>
#include <zip.h>

#include "base/descriptor.h"
#include "base/text.h"

namespace postrider::daemon::keeping {

namespace {

constexpr int fast = 1;  // deflate's levels are 1 to 9; a higher one saves little, and takes much

constexpr double step = 1 << 20;  // octets, between two looks at how far it is

struct Discard {
  void operator()(zip_t* zip) const { zip_discard(zip); }
};

/// Has the archive go to the disk little by little while libzip writes it: commits of others would
/// wait for all of it at the end.
class SteadySync {
 public:
  explicit SteadySync(std::filesystem::path file) : file_(std::move(file)) {}

  void sync() {
    if (!written_) written_ = Descriptor(::open(find().c_str(), O_RDONLY | O_CLOEXEC));
    if (written_) ::fdatasync(written_.get());
  }

 private:
  /// libzip writes NAME.XXXXXX, and renames it in the end.
  std::filesystem::path find() const {
    std::error_code error;
    const auto begin = file_.filename().string() + ".";
    for (const auto& each : std::filesystem::directory_iterator(file_.parent_path(), error))
      if (each.path().filename().string().starts_with(begin)) return each.path();
    return {};
  }

  const std::filesystem::path file_;
  Descriptor written_{-1};
};

double octets_of(const std::filesystem::path& folder, const std::vector<std::string>& names) {
  double octets = 0;
  std::error_code error;
  for (const auto& name : names)
    octets += static_cast<double>(std::filesystem::file_size(folder / name, error));
  return octets;
}

Result<void> add(zip_t* zip, const std::filesystem::path& folder, const std::string& name) {
  auto* const source = zip_source_file(zip, (folder / name).c_str(), 0, -1);
  const auto number = source ? zip_file_add(zip, name.c_str(), source, ZIP_FL_ENC_UTF_8) : -1;
  if (number < 0) {
    if (source) zip_source_free(source);
    return fail(printable(name) + ": cannot be packed: " + printable(zip_strerror(zip)));
  }
  const auto index = static_cast<zip_uint64_t>(number);
  zip_set_file_compression(zip, index, ZIP_CM_DEFLATE, fast);
  zip_file_set_external_attributes(zip, index, 0, ZIP_OPSYS_UNIX,
                                   static_cast<zip_uint32_t>(S_IFREG | 0600) << 16);
  return {};
}

}  // namespace

Result<void> pack(const std::filesystem::path& folder, const std::vector<std::string>& names,
                  const std::filesystem::path& file, const PackProgress& progress) {
  int code = 0;
  std::unique_ptr<zip_t, Discard> zip(zip_open(file.c_str(), ZIP_CREATE | ZIP_TRUNCATE, &code));
  if (!zip) return fail(file.string() + ": cannot be made");
  for (const auto& name : names)
    if (auto added = add(zip.get(), folder, name); !added) return added;
  struct State {
    const PackProgress& told;
    SteadySync steady;
    bool stopped = false;
  } state{progress, SteadySync(file)};
  const auto tell = [](zip_t*, double part, void* data) {
    auto& of_pack = *static_cast<State*>(data);
    of_pack.steady.sync();
    of_pack.stopped = !of_pack.told(part);
  };
  const auto is_stopped = [](zip_t*, void* data) {
    return static_cast<State*>(data)->stopped ? 1 : 0;
  };
  const double part = std::min(0.002, step / (1 + octets_of(folder, names)));
  zip_register_progress_callback_with_state(zip.get(), part, tell, nullptr, &state);
  zip_register_cancel_callback_with_state(zip.get(), is_stopped, nullptr, &state);
  if (zip_close(zip.get()) != 0)
    return fail(state.stopped
                    ? "interrupted"
                    : file.string() + ": cannot be written: " + printable(zip_strerror(zip.get())));
  [[maybe_unused]] auto* const closed = zip.release();
  return {};
}

}  // namespace postrider::daemon::keeping
