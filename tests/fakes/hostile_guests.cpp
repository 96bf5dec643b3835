/// Guests that say whatever harms: each keeps one way of it, after a proper greeting, so that all of it reaches the
/// code behind the greeting.

#include <unistd.h>

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <limits>
#include <memory>
#include <random>

#include "core/wire/codec.hpp"
#include "tests/fakes/played_guests.hpp"

namespace dynascale::fakes {
namespace {

namespace asio = boost::asio;
using Local = asio::local::stream_protocol;
using namespace std::chrono_literals;
constexpr std::size_t chunk_size = 64UL * 1024;
constexpr std::size_t usual = 2;  ///< Of `ways`: what any agent says.

template <class Make>
std::string chunk_of(Make make) {
  std::string chunk;
  while (chunk.size() < chunk_size) chunk += make();
  return chunk;
}

wire::Hello hello(const std::string& boot) {
  wire::Hello hello;
  hello.program = "hostile\n\x1b[31m";
  hello.boot_id = boot;
  hello.capabilities = {"park", "urgent"};
  return hello;
}

wire::Report small_report(std::uint64_t sequence) {
  wire::Report report;
  report.sequence = sequence;
  report.vcpus_present = report.vcpus_online = {0, 1};
  report.busy_vcpus = 0.3;
  report.memory_total_bytes = 2ULL << 30U;
  report.memory_available_bytes = 1ULL << 30U;
  return report;
}

/// Everything that a guest could claim, as large as it may be.
wire::Report lie(std::uint64_t sequence) {
  auto report = small_report(sequence);
  report.vcpus_present = report.vcpus_online = std::vector<std::uint32_t>(wire::max_vcpus, 0xFFFFFFFFU);
  report.busy_vcpus = std::numeric_limits<double>::max();
  report.runnable_tasks = 1e300;
  report.steal_percent = -1e300;
  report.cpu_pressure = report.memory_pressure = wire::PressureValues{1e9, -1};
  report.memory_total_bytes = report.memory_available_bytes = ~0ULL;
  report.swap_in_pages_per_s = report.refaults_per_s = 1e308;
  const std::string text(200, '\x1b');
  for (std::size_t number = 0; number < 16; ++number) {
    report.requests.push_back({text, text, 0xFFFFFFFFU, ~0ULL, ~0ULL});
    report.applications.push_back({text, text, "following", {{text, -1}}, ~0ULL, text});
    report.metrics.push_back({"queue" + std::to_string(number), text, 1e300, ~0ULL, text});
  }
  return report;
}

std::string malformed(std::mt19937_64& random) {
  static const std::array<std::string, 8> lines{
      "{", "}\n", "{\"type\":\"report\",\"sequence\":\n", std::string(64, '[') + "\n", "\xff\xfe\n", "null\n",
      "{\"type\":\"urgent\",\"resource\":7}\n", "{\"type\":\"hello\",\"versions\":{\"min\":-1}}\n"};
  return lines[random() % lines.size()] + static_cast<char>(random());
}

/// One chunk of each way.
std::vector<std::string> ways() {
  std::mt19937_64 random{1};
  std::uint64_t number = 0;
  const auto said = [](const wire::Message& message) { return wire::encode(message); };
  return {chunk_of([&] { return malformed(random); }),
          std::string(chunk_size, 'x'),  // A line without end.
          chunk_of([&] { return said(small_report(++number)); }),
          chunk_of([&] {
            wire::Urgent urgent{"memory", std::string(400, 'u'), 0xFFFFFFFFU, ~0ULL};
            ++number;
            return said(lie(number)) + said(urgent) + said(wire::Ready{2 * number, {0}, ~0ULL});
          }),
          // What was true once, again and again; and a boot with each greeting.
          chunk_of([&] {
            ++number;
            return said(wire::SyncReply{number}) + said(hello("boot" + std::to_string(number))) +
                   said(small_report(1)) + said(wire::Retuned{2, "a", {}, {}, "verified", "", 1});
          }),
          chunk_of([] { return "\n{}\n"; })};
}

class HostileGuest {
 public:
  HostileGuest(asio::io_context& context, const std::string& path, const PlayedGuests& shared, std::size_t number,
               const std::vector<std::string>& ways)
      : acceptor_{context, Local::endpoint{path}},
        socket_{context},
        shared_{shared},
        drips_{number % (ways.size() + 1) == ways.size()},
        chunk_{drips_ ? ways[usual] : ways[number % (ways.size() + 1)]} {}

  asio::awaitable<void> run() {
    socket_ = co_await acceptor_.async_accept(asio::use_awaitable);
    auto executor = co_await asio::this_coro::executor;
    asio::co_spawn(executor, listen(), asio::detached);
    for (;;) {
      if (!shared_.bad_now) {
        co_await say(wire::encode(small_report(1)));
        co_await pause(1s);
      } else if (drips_) {
        co_await say(chunk_.substr(++dripped_ % chunk_.size(), 1));
        co_await pause(5ms);
      } else {
        co_await say(chunk_);
      }
    }
  }

 private:
  asio::awaitable<void> say(std::string bytes) {
    const auto buffer = asio::buffer(bytes);
    co_await asio::async_write(socket_, buffer, asio::use_awaitable);
  }
  static asio::awaitable<void> pause(std::chrono::milliseconds span) {
    asio::steady_timer timer{co_await asio::this_coro::executor};
    timer.expires_after(span);
    co_await timer.async_wait(asio::use_awaitable);
  }
  asio::awaitable<void> listen() {
    std::array<char, 4096> block{};
    for (;;) {
      const auto buffer = asio::buffer(block);
      const auto count = co_await socket_.async_read_some(buffer, asio::use_awaitable);
      reader_.feed({block.data(), count});
      while (const auto message = wire::next_message(reader_)) {
        const auto* sync = message->has_value() ? std::get_if<wire::Sync>(&**message) : nullptr;
        if (sync == nullptr) continue;
        auto greeting = "\n" + wire::encode(wire::SyncReply{sync->nonce}) + wire::encode(hello("boot"));
        co_await say(std::move(greeting));
      }
    }
  }

  Local::acceptor acceptor_;
  Local::socket socket_;
  const PlayedGuests& shared_;
  bool drips_;
  const std::string& chunk_;
  std::size_t dripped_ = 0;
  wire::LineReader reader_;
};

}  // namespace

void play_floods(PlayedGuests& shared, const std::filesystem::path& folder, int ready) {
  asio::io_context context{1};
  const auto chunks = ways();
  std::vector<std::unique_ptr<HostileGuest>> guests;
  for (std::size_t index = 0; index < shared.bad_guests; ++index) {
    guests.push_back(std::make_unique<HostileGuest>(context, played_path(folder, index), shared, index, chunks));
    asio::co_spawn(context, guests.back()->run(), asio::detached);
  }
  static_cast<void>(!::write(ready, "x", 1));
  context.run();
  ::_exit(0);
}

}  // namespace dynascale::fakes
