// What reading a list takes, without storing anything.
//
//   bench_lists FILE [FORMAT]
#include <chrono>
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
  const auto start = std::chrono::steady_clock::now();
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
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  std::printf("%s\n%lld rows (%lld skipped, %lld remarks) in %.2f s: %.0f rows/s; %ld KB at most\n",
              source->description().c_str(), static_cast<long long>(rows),
              static_cast<long long>(skipped), static_cast<long long>(remarks), took.count(),
              static_cast<double>(rows) / took.count(), usage.ru_maxrss);
}
