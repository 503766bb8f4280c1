#include "queue/writer.h"

#include <doctest/doctest.h>
#include <future>
#include <stdexcept>

#include "memory_store.h"

using namespace postrider;
using queue::Writer;
using test::MemoryStore;

namespace {

/// Waits until everything that was submitted before has been carried out.
void drain(Writer& writer) {
  std::promise<void> done;
  writer.submit({[] {}, [&] { done.set_value(); }, {}});
  done.get_future().wait();
}

}  // namespace

TEST_CASE("orders are carried out in the order they came, and answered after the commit") {
  MemoryStore store;
  Writer writer(store);
  std::string log;
  for (const char c : std::string("abc"))
    writer.submit({[&log, c] { log += c; }, [&log, c] { log += static_cast<char>(c - 32); }, {}});
  drain(writer);
  CHECK(log.find("a") < log.find("A"));
  CHECK(log.find("a") < log.find("b"));
  CHECK(log.find("b") < log.find("c"));
  CHECK(log.find("A") < log.find("B"));
}

TEST_CASE("what waits while one transaction runs goes into the next one together") {
  MemoryStore store;
  Writer writer(store);
  std::promise<void> begun, go;
  writer.submit({[&] {
                   begun.set_value();
                   go.get_future().wait();
                 },
                 {},
                 {}});
  begun.get_future().wait();
  int count = 0;
  for (int i = 0; i < 100; ++i) writer.submit({[&] { ++count; }, {}, {}});
  go.set_value();
  drain(writer);
  CHECK(count == 100);
  CHECK(store.transactions <= 3);
}

TEST_CASE("a disk that cannot be written keeps every order, says why, and all goes on by itself") {
  MemoryStore store;
  store.cannot_write = 1;
  Writer writer(store);
  std::atomic<int> done = 0;
  std::string log;
  for (const char c : std::string("abc"))
    writer.submit({[&log, c] { log += c; }, [&] { ++done; }, {}});
  while (writer.trouble().empty() && done == 0) std::this_thread::yield();
  drain(writer);
  CHECK(done == 3);
  CHECK(log == "abc");
  CHECK(writer.trouble().empty());
}

TEST_CASE("an order that cannot be carried out at all does not take the others with it") {
  MemoryStore store(1);
  Writer writer(store);
  std::promise<void> begun, go;
  writer.submit({[&] {
                   begun.set_value();
                   go.get_future().wait();
                 },
                 {},
                 {}});
  begun.get_future().wait();
  int good = 0;
  std::string why;
  writer.submit({[] {}, [&] { ++good; }, {}});
  writer.submit({[] { throw std::logic_error("no such row"); }, [&] { good += 100; },
                 [&](const std::string& reason) { why = reason; }});
  writer.submit({[] {}, [&] { ++good; }, {}});
  go.set_value();
  drain(writer);
  CHECK(good == 2);
  CHECK(why == "no such row");
}

TEST_CASE("at its end the writer carries out what it was told") {
  MemoryStore store;
  int done = 0;
  {
    Writer writer(store);
    for (int i = 0; i < 10; ++i) writer.submit({[] {}, [&] { ++done; }, {}});
  }
  CHECK(done == 10);
}
