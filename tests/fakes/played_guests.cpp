#include "tests/fakes/played_guests.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <memory>
#include <random>
#include <stdexcept>
#include <utility>
#include <vector>

#include "core/model/units.hpp"
#include "core/wire/codec.hpp"

namespace dynascale::fakes {
namespace {

namespace asio = boost::asio;
using Local = asio::local::stream_protocol;

/// Guests that call for help when they hang: as many as hostd changes at a time.
constexpr std::size_t with_last_words = 16;

class ScriptedGuest {
 public:
  ScriptedGuest(asio::io_context& context, const std::string& path, PlayedGuests& shared, std::size_t number)
      : acceptor_{context, Local::endpoint{path}},
        socket_{context},
        timer_{context},
        shared_{shared},
        number_{number},
        random_{number} {}

  asio::awaitable<void> run() {
    socket_ = co_await acceptor_.async_accept(asio::use_awaitable);
    auto executor = co_await asio::this_coro::executor;
    asio::co_spawn(executor, listen(), asio::detached);
    // Guests begin at different times of the second, as real ones do.
    timer_.expires_after(std::chrono::milliseconds{random_() % 1000});
    co_await timer_.async_wait(asio::use_awaitable);
    for (int round = 0;; ++round) {
      const bool last_words = shared_.hangs(number_) && !std::exchange(hung_, true) && number_ < with_last_words;
      if (!shared_.hangs(number_)) hung_ = false;
      if (agreed_ && (!hung_ || last_words)) {
        const bool calls = last_words || (round > 5 && rests() && random_() % shared_.calls_every == 0);
        if (calls) shared_.called(number_) = now_ns();  // The report alone may be answered.
        co_await say(report(calls));
        if (calls) {
          wire::Urgent urgent;
          urgent.resource = "cpu";
          urgent.reason = "tasks stalled";
          co_await say(urgent);
        }
      }
      timer_.expires_after(std::chrono::seconds{1});
      co_await timer_.async_wait(asio::use_awaitable);
    }
  }

 private:
  asio::awaitable<void> say(wire::Message message) {
    const auto line = wire::encode(message);
    const auto buffer = asio::buffer(line);
    co_await asio::async_write(socket_, buffer, asio::use_awaitable);
  }
  asio::awaitable<void> listen() {
    std::array<char, 4096> block;
    for (;;) {
      while (shared_.hangs(number_)) co_await pause();
      const auto buffer = asio::buffer(block);
      const auto count = co_await socket_.async_read_some(buffer, asio::use_awaitable);
      reader_.feed({block.data(), count});
      while (auto line = reader_.next()) {
        if (!line->has_value()) continue;
        auto message = wire::decode(**line);
        if (message) co_await hear(std::move(*message));
      }
    }
  }
  static asio::awaitable<void> pause() {
    asio::steady_timer timer{co_await asio::this_coro::executor};
    timer.expires_after(std::chrono::milliseconds{100});
    co_await timer.async_wait(asio::use_awaitable);
  }
  asio::awaitable<void> hear(wire::Message message) {
    if (const auto* sync = std::get_if<wire::Sync>(&message)) {
      const wire::SyncReply reply{sync->nonce};
      co_await say(reply);
      wire::Hello hello;
      hello.program = "scripted";
      hello.boot_id = "boot";
      hello.capabilities = {"park", "urgent"};
      co_await say(hello);
      agreed_ = true;
    } else if (const auto* intent = std::get_if<wire::ResizeIntent>(&message)) {
      const bool shrinks = intent->vcpus < online_;
      changed_ = now_ns();
      present_ = std::max(present_, intent->vcpus);
      online_ = intent->vcpus;
      if (!shrinks) co_return;
      wire::Ready ready;
      ready.id = intent->id;
      ready.vcpus_online = indices(online_);
      ready.memory_available_bytes = Bytes::mib(900).count();
      co_await say(ready);
    }
  }
  /// A guest that changes is answered when that is over, which says nothing of how soon hostd hears it.
  [[nodiscard]] bool rests() const { return online_ == at_rest && now_ns() - changed_ > 5'000'000'000; }
  static std::vector<std::uint32_t> indices(std::uint32_t count) {
    std::vector<std::uint32_t> all;
    for (std::uint32_t index = 0; index < count; ++index) all.push_back(index);
    return all;
  }
  wire::Report report(bool busy) {
    wire::Report report;
    report.vcpus_present = indices(present_);
    report.vcpus_online = indices(online_);
    report.busy_vcpus = busy ? online_ : 0.3 + static_cast<double>(random_() % 10) / 50;
    report.runnable_tasks = busy ? 8 : 1;
    report.cpu_pressure = wire::PressureValues{busy ? 60.0 : 0.0, 0};
    report.memory_total_bytes = Bytes::gib(2).count();
    report.memory_available_bytes = Bytes::mib(900 + random_() % 50).count();
    return report;
  }

  Local::acceptor acceptor_;
  Local::socket socket_;
  asio::steady_timer timer_;
  PlayedGuests& shared_;
  std::size_t number_;
  std::mt19937_64 random_;
  wire::LineReader reader_;
  static constexpr std::uint32_t at_rest = 2;
  std::uint32_t online_ = at_rest;
  std::uint32_t present_ = at_rest;
  std::int64_t changed_ = 0;
  bool agreed_ = false;
  bool hung_ = false;
};

}  // namespace

std::string played_path(const std::filesystem::path& folder, std::size_t guest) {
  return folder / fmt::format("guest{}", guest);
}

void play_agents(PlayedGuests& shared, const std::filesystem::path& folder, int ready) {
  asio::io_context context{1};
  std::vector<std::unique_ptr<ScriptedGuest>> guests;
  for (std::size_t index = 0; index < shared.guests; ++index) {
    if (shared.badness == Badness::floods && shared.is_bad(index)) continue;
    guests.push_back(std::make_unique<ScriptedGuest>(context, played_path(folder, index), shared, index));
    asio::co_spawn(context, guests.back()->run(), asio::detached);
  }
  static_cast<void>(!::write(ready, "x", 1));
  context.run();
  ::_exit(0);
}

PlayedChannels::PlayedChannels(std::size_t guests, Badness badness, std::size_t bad_guests)
    : size_{sizeof(PlayedGuests) + guests * sizeof(std::atomic<std::int64_t>)} {
  std::string pattern = (std::filesystem::temp_directory_path() / "dynascale-played-XXXXXX").string();
  folder_ = ::mkdtemp(pattern.data());
  auto* memory = ::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::runtime_error{"no memory to share"};
  shared_ = new (memory) PlayedGuests{guests, badness, std::min(bad_guests, guests)};
  start([this](int ready) { play_agents(*shared_, folder_, ready); });
  if (badness == Badness::floods) start([this](int ready) { play_floods(*shared_, folder_, ready); });
}

void PlayedChannels::start(const std::function<void(int ready)>& play) {
  std::array<int, 2> ready{};
  if (::pipe(ready.data()) != 0) throw std::runtime_error{"no pipe"};
  const auto child = ::fork();
  if (child < 0) throw std::runtime_error{"no process"};
  if (child == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::close(ready[0]);
    play(ready[1]);
  }
  children_.push_back(child);
  ::close(ready[1]);
  char heard = 0;
  static_cast<void>(!::read(ready[0], &heard, 1));
  ::close(ready[0]);
}

PlayedChannels::~PlayedChannels() {
  for (const auto child : children_) {
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
  }
  ::munmap(shared_, size_);
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

}  // namespace dynascale::fakes
