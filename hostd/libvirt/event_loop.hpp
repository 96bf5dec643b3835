#pragma once
/// libvirt's event loop on Asio, so that hostd has one loop and one thread. libvirt adds file descriptors and
/// timers through C functions that carry no user data and that can be registered only once in a process;
/// therefore at most one EventLoop lives at a time. `main` creates it before any other libvirt call and
/// destroys it last, after every connection is closed and the io_context has run dry.
///
/// Threading: libvirt adds, updates and removes from any thread; every callback, the free callbacks included,
/// runs on the thread that runs the io_context, and never inside a call that libvirt makes to us. The
/// io_context must keep running while any connection is open or closing: keepalive and events stop without
/// it.

#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <memory>

#include "core/model/result.hpp"

namespace dynascale::hostd {

class EventLoop {
 public:
  /// Registers with libvirt. Errors: `refused` while another EventLoop lives. `io` must outlive the result.
  [[nodiscard]] static Result<std::unique_ptr<EventLoop>> install(boost::asio::io_context& io);

  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;
  /// Stops watching. Whatever libvirt still has registered is forgotten without its free callback: a
  /// connection that is still open may use it.
  ~EventLoop();

  /// File descriptors and timers that libvirt has registered now; zero after every connection has closed.
  [[nodiscard]] std::size_t registered() const;

  class Impl;

 private:
  explicit EventLoop(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

}  // namespace dynascale::hostd
