#pragma once
/// A private libvirt for tests: nothing of the system's own is touched, nothing is left behind.

#include <sys/types.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "hostd/libvirt/event_loop.hpp"

namespace dynascale::itest {

/// A folder with a short path (sockets go into it) that the unprivileged user owns too; removed at the end.
class TemporaryFolder {
 public:
  TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder();
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// The io_context on a thread of its own, with libvirt's event loop on it.
class LoopThread {
 public:
  LoopThread();
  LoopThread(const LoopThread&) = delete;
  LoopThread& operator=(const LoopThread&) = delete;
  ~LoopThread();
  boost::asio::io_context& io() { return io_; }
  /// Lets the loop end by itself: true when it did, so nothing of libvirt is registered any more.
  bool drain();

 private:
  boost::asio::io_context io_{1};
  std::unique_ptr<hostd::EventLoop> loop_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  std::thread thread_;
};

/// Polls until `done()` holds; false after a generous bound.
template <class Done>
bool eventually(Done done) {
  const auto bound = std::chrono::steady_clock::now() + std::chrono::seconds{90};
  while (!done()) {
    if (std::chrono::steady_clock::now() > bound) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds{50});
  }
  return true;
}

/// libvirtd in session mode as an unprivileged user (nobody, when the tests run as root).
class PrivateLibvirtd {
 public:
  explicit PrivateLibvirtd(const std::filesystem::path& folder);
  PrivateLibvirtd(const PrivateLibvirtd&) = delete;
  PrivateLibvirtd& operator=(const PrivateLibvirtd&) = delete;
  ~PrivateLibvirtd();
  void start();                                                    ///< Returns when the socket accepts.
  void send(int signal);                                           ///< To the daemon.
  void wait();                                                     ///< Until the daemon has ended.
  [[nodiscard]] std::string uri(const std::string& driver) const;  ///< "qemu:///session" or "test:///default"
  [[nodiscard]] std::string log() const;

 private:
  std::filesystem::path folder_;
  pid_t pid_ = -1;
};

/// Copies kernel and initramfs from DYNASCALE_TINY_GUEST into `folder` and describes a guest that boots them:
/// TCG, 1 of `vcpus_maximum` vCPUs, 256 MiB with a balloon, 256 MiB of virtio-mem, the agent's channel at
/// `channel`.
[[nodiscard]] std::string tiny_guest_xml(const std::filesystem::path& folder, const std::string& name);
[[nodiscard]] std::filesystem::path tiny_guest_channel(const std::filesystem::path& folder,
                                                       const std::string& name);
[[nodiscard]] std::string tiny_guest_console(const std::filesystem::path& folder, const std::string& name);

/// The host's side of a tiny guest's agent channel, open while this lives: QEMU drops what a client wrote that left at
/// once. tiny-guest.sh tells what the guest listens to.
class TinyGuestVoice {
 public:
  TinyGuestVoice(const std::filesystem::path& folder, const std::string& name);  ///< Throws.
  TinyGuestVoice(const TinyGuestVoice&) = delete;
  TinyGuestVoice& operator=(const TinyGuestVoice&) = delete;
  ~TinyGuestVoice();
  void say(const std::string& line) const;

 private:
  int fd_ = -1;
};

/// For the embedded driver: gives up root for good and points libvirt's folders at `folder`.
void become_unprivileged(const std::filesystem::path& folder);

/// Ends QEMU processes that a crashed test would leave, by the pid files below `folder`.
void end_leftover_guests(const std::filesystem::path& folder);

}  // namespace dynascale::itest
