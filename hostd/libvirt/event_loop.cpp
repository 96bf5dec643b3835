#include "hostd/libvirt/event_loop.hpp"

#include <libvirt/libvirt.h>

#include <mutex>
#include <utility>

#include "hostd/libvirt/event_sources.hpp"

namespace dynascale::hostd {

class EventLoop::Impl {
 public:
  explicit Impl(boost::asio::io_context& io)
      : descriptors{std::make_shared<WatchedDescriptors>(io)}, timers{std::make_shared<Timers>(io)} {}
  const std::shared_ptr<WatchedDescriptors> descriptors;
  const std::shared_ptr<Timers> timers;
};

namespace {

/// Where libvirt's calls go. virEventRegisterImpl takes bare functions and ignores a second registration, so
/// the way from such a function to the one EventLoop must be a global; nothing else reads it.
class Registration {
 public:
  std::shared_ptr<EventLoop::Impl> loop() const {
    const std::scoped_lock guard{lock_};
    return loop_;
  }
  bool claim(const std::shared_ptr<EventLoop::Impl>& loop, void (*register_once)()) {
    const std::scoped_lock guard{lock_};
    if (loop_) return false;
    loop_ = loop;
    if (!std::exchange(registered_, true)) register_once();
    return true;
  }
  void release() {
    const std::scoped_lock guard{lock_};
    loop_.reset();
  }

 private:
  mutable std::mutex lock_;
  std::shared_ptr<EventLoop::Impl> loop_;
  bool registered_ = false;
};

Registration registration;

int add_handle(int fd, int events, virEventHandleCallback callback, void* opaque, virFreeCallback release) {
  const auto loop = registration.loop();
  return loop ? loop->descriptors->add(fd, events, callback, opaque, release) : -1;
}
void update_handle(int id, int events) {
  if (const auto loop = registration.loop()) loop->descriptors->update(id, events);
}
int remove_handle(int id) {
  const auto loop = registration.loop();
  return loop ? loop->descriptors->remove(id) : -1;
}
int add_timeout(int period_ms, virEventTimeoutCallback callback, void* opaque, virFreeCallback release) {
  const auto loop = registration.loop();
  return loop ? loop->timers->add(period_ms, callback, opaque, release) : -1;
}
void update_timeout(int id, int period_ms) {
  if (const auto loop = registration.loop()) loop->timers->update(id, period_ms);
}
int remove_timeout(int id) {
  const auto loop = registration.loop();
  return loop ? loop->timers->remove(id) : -1;
}
void register_with_libvirt() {
  virEventRegisterImpl(add_handle, update_handle, remove_handle, add_timeout, update_timeout, remove_timeout);
}

}  // namespace

EventLoop::EventLoop(std::shared_ptr<Impl> impl) : impl_{std::move(impl)} {}

Result<std::unique_ptr<EventLoop>> EventLoop::install(boost::asio::io_context& io) {
  auto impl = std::make_shared<Impl>(io);
  if (!registration.claim(impl, register_with_libvirt)) {
    return fail(Errc::refused, "libvirt takes one event loop in a process, and there is one already");
  }
  return std::unique_ptr<EventLoop>{new EventLoop{std::move(impl)}};
}

EventLoop::~EventLoop() {
  registration.release();
  impl_->descriptors->abandon();
  impl_->timers->abandon();
}

std::size_t EventLoop::registered() const {
  return impl_->descriptors->size() + impl_->timers->size();
}

}  // namespace dynascale::hostd
