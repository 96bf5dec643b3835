#pragma once
/// Guests' ends of channels, played by a process of their own against a real hostd: agents that behave, and some that
/// do not. Used by the bench of many guests and by the test of floods.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace dynascale::fakes {

/// What the first guests do while they are bad: neither read nor answer, and each call on them blocks; or say whatever
/// harms, as fast as they can.
enum class Badness { none, hangs, floods };

/// What all processes see.
struct PlayedGuests {
  std::size_t guests = 0;
  Badness badness = Badness::none;
  std::size_t bad_guests = 0;
  unsigned calls_every = 60;  ///< Reports between two urgent frames of a good guest, on the average.
  std::atomic<bool> bad_now{false};
  /// One for each guest behind this: when it called, in nanoseconds; zero when it is answered.
  [[nodiscard]] std::atomic<std::int64_t>& called(std::size_t guest) {
    return reinterpret_cast<std::atomic<std::int64_t>*>(this + 1)[guest];
  }
  [[nodiscard]] bool is_bad(std::size_t guest) const { return guest < bad_guests; }
  [[nodiscard]] bool hangs(std::size_t guest) const { return badness == Badness::hangs && is_bad(guest) && bad_now; }
};

[[nodiscard]] inline std::int64_t now_ns() { return std::chrono::steady_clock::now().time_since_epoch().count(); }
[[nodiscard]] std::string played_path(const std::filesystem::path& folder, std::size_t guest);

/// A folder of channels with somebody at each, until destroyed. Throws when there are no processes to be had.
class PlayedChannels {
 public:
  PlayedChannels(std::size_t guests, Badness badness, std::size_t bad_guests);
  ~PlayedChannels();
  PlayedChannels(const PlayedChannels&) = delete;
  PlayedChannels& operator=(const PlayedChannels&) = delete;
  [[nodiscard]] PlayedGuests& shared() { return *shared_; }
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }

 private:
  void start(const std::function<void(int ready)>& play);
  PlayedGuests* shared_ = nullptr;
  std::size_t size_ = 0;
  std::filesystem::path folder_;
  std::vector<int> children_;
};

/// Plays the guests of one kind until killed; writes one byte into `ready` when all of them listen.
[[noreturn]] void play_agents(PlayedGuests& shared, const std::filesystem::path& folder, int ready);
[[noreturn]] void play_floods(PlayedGuests& shared, const std::filesystem::path& folder, int ready);

}  // namespace dynascale::fakes
