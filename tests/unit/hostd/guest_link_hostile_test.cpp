#include "hostd/guest_link.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/wire/codec.hpp"
#include "runtime/task_group.hpp"
#include "tests/fakes/manual_clock.hpp"

namespace dynascale::hostd {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""h;
using std::chrono_literals::operator""s;

/// QEMU's end of the port: a listening socket that serves one client, driven by hand and never blocking.
class Port {
 public:
  explicit Port(std::filesystem::path path) : path_{std::move(path)} { listen(); }
  Port(const Port&) = delete;
  Port& operator=(const Port&) = delete;
  ~Port() {
    drop();
    ::close(listener_);
  }
  void listen() {
    listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path_.native().copy(address.sun_path, sizeof(address.sun_path) - 1);
    ASSERT_EQ(::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
    ASSERT_EQ(::listen(listener_, 4), 0);
  }
  /// Accepts and reads what is there.
  void poll() {
    if (fd_ < 0) fd_ = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd_ < 0 || !reads) return;
    std::array<char, 65536> block{};
    for (;;) {
      const auto count = ::read(fd_, block.data(), block.size());
      if (count <= 0) return;
      reader_.feed({block.data(), static_cast<std::size_t>(count)});
      while (auto line = reader_.next()) {
        if (line->has_value() && !(*line)->empty()) lines.push_back(wire::decode(**line).value());
      }
    }
  }
  /// Writes as much as the socket takes; returns how much that was.
  std::size_t write(std::string_view bytes) {
    const auto count = fd_ < 0 ? -1 : ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    return count < 0 ? 0 : static_cast<std::size_t>(count);
  }
  void say(const wire::Message& message) { write(wire::encode(message)); }
  void drop() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }
  template <class Type>
  [[nodiscard]] std::optional<Type> last() const {
    for (auto at = lines.rbegin(); at != lines.rend(); ++at) {
      if (const auto* found = std::get_if<Type>(&*at)) return *found;
    }
    return std::nullopt;
  }
  [[nodiscard]] bool connected() const { return fd_ >= 0; }

  bool reads = true;
  std::vector<wire::Message> lines;

 private:
  std::filesystem::path path_;
  wire::LineReader reader_;
  int listener_ = -1;
  int fd_ = -1;
};

wire::Hello agent_hello() {
  wire::Hello hello;
  hello.program = "scripted";
  hello.boot_id = "b";
  return hello;
}
wire::Report report(std::uint64_t sequence) {
  wire::Report result;
  result.sequence = sequence;
  return result;
}

/// One link, its port and what it told.
class Guest {
 public:
  Guest(boost::asio::io_context& io, const std::filesystem::path& path, const Clock& clock, Log& log)
      : port{path}, tasks_{io.get_executor(), [](const auto& task, const auto& what) {
                             FAIL() << task << what;
                           }} {
    ChannelHandlers handlers;
    handlers.arrived = [this](const wire::Hello&) { ++arrived; };
    handlers.message = [this](const wire::Message& message) { messages.push_back(message); };
    handlers.left = [this](const std::string&) { ++left; };
    link = open_guest_link(io.get_executor(), path.filename(), path, handlers, clock, log);
    tasks_.spawn("link", link->run());
  }
  boost::asio::awaitable<void> stop() { return tasks_.stop_and_join(); }
  [[nodiscard]] bool empty() const { return tasks_.size() == 0; }

  Port port;
  std::unique_ptr<GuestChannel> link;
  int arrived = 0;
  int left = 0;
  std::vector<wire::Message> messages;

 private:
  TaskGroup tasks_;
};

class HostileGuestLink : public testing::Test {
 protected:
  HostileGuestLink() {
    std::string pattern = "/tmp/link.XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
  }
  ~HostileGuestLink() override {
    for (auto& guest : guests_) {
      boost::asio::co_spawn(io_, guest->stop(), boost::asio::detached);
      EXPECT_TRUE(run_until([&] { return guest->empty(); })) << "the link does not end when it is cancelled";
    }
    guests_.clear();
    std::filesystem::remove_all(folder_);
  }
  Guest& add(const std::string& name) {
    guests_.push_back(std::make_unique<Guest>(io_, folder_ / name, clock_, log_));
    return *guests_.back();
  }
  template <class Done>
  bool run_until(Done done) {
    const auto bound = std::chrono::steady_clock::now() + 20s;
    while (!done() && std::chrono::steady_clock::now() < bound) {
      for (auto& guest : guests_) guest->port.poll();
      io_.restart();
      io_.run_for(1ms);
    }
    return done();
  }
  void greet(Guest& guest) {
    const int before = guest.arrived;
    ASSERT_TRUE(run_until([&] { return guest.port.last<wire::Sync>().has_value(); }));
    guest.port.say(wire::SyncReply{guest.port.last<wire::Sync>()->nonce});
    guest.port.say(agent_hello());
    ASSERT_TRUE(run_until([&] { return guest.arrived == before + 1; }));
  }

  boost::asio::io_context io_{1};
  fakes::ManualClock clock_;
  Log log_{LogLevel::error, Log::Sink::standard_error};
  std::filesystem::path folder_;
  std::vector<std::unique_ptr<Guest>> guests_;
};

TEST_F(HostileGuestLink, SynchronisesGreetsAndCarriesMessages) {
  Guest& guest = add("a");
  EXPECT_FALSE(guest.link->connected());
  greet(guest);
  EXPECT_TRUE(guest.link->connected());
  EXPECT_TRUE(run_until([&] { return guest.port.last<wire::Hello>().has_value(); }));
  guest.port.say(report(7));
  ASSERT_TRUE(run_until([&] { return !guest.messages.empty(); }));
  EXPECT_EQ(guest.messages.front(), wire::Message{report(7)});
  guest.link->send(wire::Heartbeat{3});
  EXPECT_TRUE(run_until([&] { return guest.port.last<wire::Heartbeat>() == wire::Heartbeat{3}; }));
}

TEST_F(HostileGuestLink, DiscardsWhatCameBeforeTheRightReply) {
  Guest& guest = add("a");
  ASSERT_TRUE(run_until([&] { return guest.port.last<wire::Sync>().has_value(); }));
  guest.port.write("half of an old li\n");
  guest.port.say(agent_hello());
  guest.port.say(report(1));
  guest.port.say(wire::SyncReply{guest.port.last<wire::Sync>()->nonce + 1});
  guest.port.say(report(2));
  greet(guest);
  guest.port.say(report(3));
  ASSERT_TRUE(run_until([&] { return !guest.messages.empty(); }));
  EXPECT_THAT(guest.messages, testing::ElementsAre(wire::Message{report(3)}));
}

TEST_F(HostileGuestLink, BadLinesDoNotEndTheSession) {
  Guest& guest = add("a");
  greet(guest);
  guest.port.write("{\n\"type\":\n[[[[[[[[[[[[[[\n{\"type\":\"nonsense\"}\n\xff\xfe\n");
  const std::string large = std::string(wire::max_line + 5000, 'x') + "\n";
  std::size_t sent = 0;
  ASSERT_TRUE(run_until(
      [&] { return (sent += guest.port.write(std::string_view{large}.substr(sent))) == large.size(); }));
  guest.port.say(report(9));
  ASSERT_TRUE(run_until([&] { return !guest.messages.empty(); }));
  EXPECT_THAT(guest.messages, testing::ElementsAre(wire::Message{report(9)}));
  EXPECT_EQ(guest.left, 0);
}

TEST_F(HostileGuestLink, ComesBackAfterThePortClosed) {
  Guest& guest = add("a");
  greet(guest);
  guest.port.lines.clear();
  guest.port.drop();
  ASSERT_TRUE(run_until([&] { return guest.left == 1; }));
  EXPECT_FALSE(guest.link->connected());
  greet(guest);
  EXPECT_EQ(guest.arrived, 2);
}

TEST_F(HostileGuestLink, TakesSilenceForAnAgentThatIsGone) {
  Guest& guest = add("a");
  greet(guest);
  guest.port.lines.clear();
  clock_.advance(10s);
  ASSERT_TRUE(run_until([&] { return guest.left == 1; }));
  EXPECT_TRUE(guest.port.connected()) << "the port itself is still the same";
  greet(guest);
  EXPECT_EQ(guest.arrived, 2);
}

TEST_F(HostileGuestLink, DoesNotServeAnAgentOfAnotherVersion) {
  Guest& guest = add("a");
  ASSERT_TRUE(run_until([&] { return guest.port.last<wire::Sync>().has_value(); }));
  guest.port.say(wire::SyncReply{guest.port.last<wire::Sync>()->nonce});
  wire::Hello hello = agent_hello();
  hello.versions = {90, 99};
  guest.port.say(hello);
  guest.port.say(report(1));
  ASSERT_TRUE(run_until([&] { return guest.port.last<wire::Hello>().has_value(); }));
  EXPECT_EQ(guest.arrived, 0);
  EXPECT_TRUE(guest.messages.empty());
}

TEST_F(HostileGuestLink, AGuestThatDoesNotReadCostsABoundedQueue) {
  Guest& guest = add("a");
  greet(guest);
  guest.port.reads = false;
  wire::ResizeAbort abort;
  abort.reason = std::string(400, 'r');
  for (int i = 0; i < 20'000; ++i) {
    guest.link->send(abort);
    if (i % 100 == 0) io_.restart(), io_.poll();
  }
  guest.port.reads = true;
  guest.port.lines.clear();
  clock_.advance(1s);
  ASSERT_TRUE(run_until([&] { return !guest.port.lines.empty(); }));
  run_until(
      [&, seen = std::size_t{0}]() mutable { return std::exchange(seen, guest.port.lines.size()) == seen; });
  EXPECT_LT(guest.port.lines.size(), 2000U) << "what fits the socket and the queue, not 20000";
}

/// Time stands still for the allowance, so all that a flooding guest may say is its burst.
TEST_F(HostileGuestLink, AFloodOfShortLinesIsReadNoFurtherThanTheAllowance) {
  Guest& flooding = add("flooding");
  Guest& quiet = add("quiet");
  greet(flooding);
  greet(quiet);
  std::string flood;
  while (flood.size() < 65536) flood += "{}\n";
  std::size_t written = 0;
  int rounds_without_progress = 0;
  run_until([&] {
    const auto count = flooding.port.write(flood);
    written += count;
    rounds_without_progress = count == 0 ? rounds_without_progress + 1 : 0;
    return rounds_without_progress > 50;
  });
  // 512 KiB at 4 KiB a line is one block of such lines; the rest waits in the socket.
  EXPECT_LT(written, 600'000U);
  quiet.port.say(report(5));
  EXPECT_TRUE(run_until([&] { return !quiet.messages.empty(); })) << "another guest is served meanwhile";
}

TEST_F(HostileGuestLink, EndsWhileItWaitsForAPortThatIsNotThere) {
  Guest& guest = add("a");
  guest.port.drop();
  std::filesystem::remove(folder_ / "a");
  run_until([n = 0]() mutable { return ++n > 20; });
  SUCCEED() << "the fixture ends the link";
}

TEST(GuestAllowance, GivesTheBurstAndThenTheRate) {
  TokenBucket bucket{100, 1000};
  const Instant start{1h};
  EXPECT_EQ(bucket.take(1000, start), Duration::zero());
  EXPECT_EQ(bucket.take(50, start), Duration{500ms});
  EXPECT_EQ(bucket.take(50, start + 1s), Duration::zero());
  EXPECT_EQ(bucket.take(1000, start + 1h), Duration::zero()) << "never more than the burst is saved up";
  EXPECT_GT(bucket.take(1, start + 1h), Duration::zero());
  EXPECT_GT(bucket.take(1, start), Duration::zero()) << "a clock that steps back gives nothing";
  EXPECT_EQ(bucket.take(1e12, start + 2h), Duration{TokenBucket::longest_wait}) << "whoever floods is heard again";
  EXPECT_FALSE(bucket.half_full());
  EXPECT_EQ(bucket.take(1, start + 3h), Duration::zero());
  EXPECT_TRUE(bucket.half_full());
}

}  // namespace
}  // namespace dynascale::hostd
