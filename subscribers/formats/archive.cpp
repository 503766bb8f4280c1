#include "subscribers/formats/archive.h"

#include <algorithm>
#include <sys/stat.h>
#include <unordered_set>
#include <zip.h>

#include "base/text.h"

namespace postrider::subscribers {

namespace {

constexpr std::size_t block_size = 64 * 1024;

struct Close {
  void operator()(zip_t* zip) const { zip_discard(zip); }
  void operator()(zip_file_t* file) const { zip_fclose(file); }
};

bool swells(std::uint64_t unpacked, std::uint64_t packed, const ArchiveLimits& limits) {
  return unpacked > limits.free_octets && unpacked / limits.ratio > packed;
}

std::string shown(std::string_view name) { return printable(cut_utf8(name, 100)); }

constexpr std::string_view drive_letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// Whether a name leads elsewhere than below the archive's own folder, or hides what it is.
bool leads_out(std::string_view name) {
  if (name.empty() || name.front() == '/' || name.find('\\') != std::string_view::npos) return true;
  if (name.size() > 1 && name[1] == ':' && drive_letters.find(name[0]) != std::string_view::npos)
    return true;
  const auto parts = split(name, '/');
  return std::find(parts.begin(), parts.end(), "..") != parts.end() || !is_utf8(name) ||
         std::any_of(name.begin(), name.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20; });
}

}  // namespace

struct Archive::Zip {
  std::unique_ptr<zip_t, Close> zip;
  ArchiveLimits limits;
  std::string fault;
  std::uint64_t octets = 0;  // unpacked, of all entries
  std::unordered_set<std::string> names;
};

namespace {

/// What a stream reads from. Throws where it cannot go on, which makes the stream bad.
class EntryBuffer final : public std::streambuf {
 public:
  EntryBuffer(zip_file_t* file, std::uint64_t packed, const ArchiveLimits& limits,
              std::string& fault)
      : file_(file), packed_(packed), limits_(limits), fault_(fault), block_(block_size) {}

 protected:
  int_type underflow() override {
    const auto count = zip_fread(file_.get(), block_.data(), block_.size());
    if (count < 0) give_up(std::string("is broken: ") + zip_file_strerror(file_.get()));
    if (count == 0) return traits_type::eof();
    octets_ += static_cast<std::uint64_t>(count);
    if (octets_ > limits_.octets || swells(octets_, packed_, limits_))
      give_up("unpacks to more than it should; it may be made to do harm");
    setg(block_.data(), block_.data(), block_.data() + count);
    return traits_type::to_int_type(block_.front());
  }

 private:
  [[noreturn]] void give_up(std::string why) {
    fault_ = std::move(why);
    throw std::ios_base::failure(fault_);
  }

  std::unique_ptr<zip_file_t, Close> file_;
  const std::uint64_t packed_;
  const ArchiveLimits& limits_;
  std::string& fault_;
  std::vector<char> block_;
  std::uint64_t octets_ = 0;
};

class EntryStream final : public std::istream {
 public:
  EntryStream(zip_file_t* file, std::uint64_t packed, const ArchiveLimits& limits,
              std::string& fault)
      : std::istream(nullptr), buffer_(file, packed, limits, fault) {
    rdbuf(&buffer_);
  }

 private:
  EntryBuffer buffer_;
};

}  // namespace

Archive::Archive(std::unique_ptr<Zip> zip) : zip_(std::move(zip)) {}
Archive::Archive(Archive&&) noexcept = default;
Archive& Archive::operator=(Archive&&) noexcept = default;
Archive::~Archive() = default;

const std::string& Archive::fault() const { return zip_->fault; }

Result<Archive> Archive::open(const std::filesystem::path& file, const ArchiveLimits& limits) {
  int code = 0;
  std::unique_ptr<zip_t, Close> opened(zip_open(file.c_str(), ZIP_RDONLY, &code));
  if (!opened) {
    zip_error_t error;
    zip_error_init_with_code(&error, code);
    const auto why = printable(zip_error_strerror(&error));
    zip_error_fini(&error);
    return fail("is a zip archive that cannot be read: " + why +
                "; it may be cut off: fetch it anew");
  }
  Archive archive(std::make_unique<Zip>(Zip{std::move(opened), limits, {}, 0, {}}));
  if (auto taken = archive.take_entries(); !taken) return tl::make_unexpected(taken.error());
  return archive;
}

Result<void> Archive::take_entries() {
  const auto count = static_cast<std::uint64_t>(zip_get_num_entries(zip_->zip.get(), 0));
  if (count > zip_->limits.entries)
    return fail("is an archive of " + with_thousands(static_cast<std::int64_t>(count)) +
                " files; at most " +
                with_thousands(static_cast<std::int64_t>(zip_->limits.entries)) +
                " are read: unpack it and name the list in it");
  for (std::uint64_t number = 0; number < count; ++number)
    if (auto taken = take_entry(number); !taken) return taken;
  zip_->names.clear();
  return {};
}

Result<void> Archive::take_entry(std::uint64_t number) {
  auto* zip = zip_->zip.get();
  zip_stat_t stat;
  zip_stat_init(&stat);
  if (zip_stat_index(zip, number, 0, &stat) != 0 || !stat.name)
    return fail("is an archive whose contents cannot be read; fetch it anew");
  const std::string name = stat.name;
  const auto refuse = [&name](const std::string& what) {
    return fail("is an archive with " + what + " (" + shown(name) +
                "); nothing in it is read: unpack it with care and name the list in it");
  };
  zip_uint8_t system = 0;
  zip_uint32_t attributes = 0;
  zip_file_get_external_attributes(zip, number, 0, &system, &attributes);
  const auto type = (attributes >> 16) & S_IFMT;
  const bool unix_like = system == ZIP_OPSYS_UNIX || system == ZIP_OPSYS_OS_X;
  if (leads_out(name)) return refuse("a path out of it");
  if (unix_like && type != 0 && type != S_IFREG && type != S_IFDIR)
    return refuse("a link or a device");
  if (stat.encryption_method != ZIP_EM_NONE) return refuse("an encrypted file");
  if (!zip_->names.insert(name).second) return refuse("two files of one name");
  if (name.ends_with('/')) return {};
  if (stat.comp_method != ZIP_CM_STORE && stat.comp_method != ZIP_CM_DEFLATE)
    return refuse("a file that is packed in an unusual way");
  if (swells(stat.size, stat.comp_size, zip_->limits))
    return refuse("a file that unpacks to more than " +
                  with_thousands(static_cast<std::int64_t>(zip_->limits.ratio)) +
                  " times its size");
  if (stat.size > zip_->limits.octets - zip_->octets)
    return refuse("files of more than " +
                  with_thousands(static_cast<std::int64_t>(zip_->limits.octets >> 20)) + " MiB");
  zip_->octets += stat.size;
  entries_.push_back({name, number, stat.size});
  return {};
}

Result<std::unique_ptr<std::istream>> Archive::read(const ArchiveEntry& entry) {
  zip_->fault.clear();
  auto* zip = zip_->zip.get();
  zip_stat_t stat;
  zip_stat_init(&stat);
  auto* file = zip_stat_index(zip, entry.number, 0, &stat) == 0
                   ? zip_fopen_index(zip, entry.number, 0)
                   : nullptr;
  if (!file)
    return fail(shown(entry.name) + " in it cannot be read: " + printable(zip_strerror(zip)));
  return std::make_unique<EntryStream>(file, stat.comp_size, zip_->limits, zip_->fault);
}

}  // namespace postrider::subscribers
