// What reading a list takes, without storing anything.
//
//   bench_lists FILE [FORMAT]
#include <cstdio>
#include <string>
#include <sys/resource.h>

#include "subscribers/formats/source.h"

using namespace postrider::subscribers;

int main(int argc, char** argv) {
  const auto format = argc > 2 ? parse_format(argv[2]) : Format::automatic;
  if (argc < 2 || !format) {
    std::fputs("usage: bench_lists FILE [FORMAT]\n", stderr);
    return 2;
  }
  auto source = Source::open(argv[1], *format);
  std::int64_t rows = 0, skipped = 0, remarks = 0, octets = 0;
  const auto read =
      source ? source->read(
                   [&](const Entry& entry, std::int64_t, std::int64_t) {
                     ++rows;
                     octets += static_cast<std::int64_t>(entry.email.size());
                   },
                   [&](const SkippedRow&) { ++skipped; }, [&](const Remark&) { ++remarks; })
             : postrider::Result<void>(tl::make_unexpected(source.error()));
  if (!read) {
    std::fprintf(stderr, "bench_lists: %s %s\n", argv[1], read.error().message.c_str());
    return 1;
  }
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  const auto took = seconds(usage.ru_utime) + seconds(usage.ru_stime);
  std::printf(
      "%s\n%lld rows (%lld skipped, %lld remarks) in %.2f s of CPU: %.0f rows/s; %ld KB at most\n",
      source->description().c_str(), static_cast<long long>(rows), static_cast<long long>(skipped),
      static_cast<long long>(remarks), took, static_cast<double>(rows) / took, usage.ru_maxrss);
}
