// Writes zip archives octet by octet (APPNOTE.TXT 4.3), so that a test can have any that is wrong.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace postrider::test {

struct ZipEntry {
  std::uint16_t flags = 0x0800;  // names in UTF-8; 1: encrypted
  std::uint16_t method = 0;      // 0: stored, 8: deflated
  std::uint32_t mode = 0100644;  // Unix
  std::int64_t declared = -1;    // unpacked size as the archive says; -1: the octets' own
};

class ZipWriter {
 public:
  ZipWriter& add(std::string_view name, std::string_view octets, const ZipEntry& entry = {}) {
    const auto offset = files_.size();
    const auto declared =
        entry.declared < 0 ? octets.size() : static_cast<std::size_t>(entry.declared);
    std::string common;
    put16(common, entry.flags);
    put16(common, entry.method);
    put32(common, 0x54210000);  // 2022-01-01
    put32(common, crc_of(octets));
    put32(common, octets.size());
    put32(common, declared);
    put16(common, name.size());
    put16(common, 0);
    files_ += "PK\x03\x04" + two(20) + common + std::string(name) + std::string(octets);
    directory_ += "PK\x01\x02" + two(0x0314) + two(20) + common + two(0) + two(0) + two(0);
    put32(directory_, entry.mode << 16);
    put32(directory_, offset);
    directory_ += name;
    ++count_;
    return *this;
  }

  std::string bytes() const {
    std::string end = "PK\x05\x06";
    put32(end, 0);
    put16(end, count_);
    put16(end, count_);
    put32(end, directory_.size());
    put32(end, files_.size());
    put16(end, 0);
    return files_ + directory_ + end;
  }

 private:
  static void put16(std::string& out, std::size_t number) {
    out += static_cast<char>(number & 0xFF);
    out += static_cast<char>((number >> 8) & 0xFF);
  }
  static void put32(std::string& out, std::size_t number) {
    put16(out, number & 0xFFFF);
    put16(out, number >> 16);
  }
  static std::string two(std::size_t number) {
    std::string out;
    put16(out, number);
    return out;
  }
  static std::uint32_t crc_of(std::string_view octets) {
    std::uint32_t crc = 0xFFFFFFFF;
    for (const char c : octets) {
      crc ^= static_cast<unsigned char>(c);
      for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) ? 0xEDB88320 : 0);
    }
    return ~crc;
  }

  std::string files_, directory_;
  std::size_t count_ = 0;
};

}  // namespace postrider::test
