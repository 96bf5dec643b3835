#include "hostd/libvirt/event_sources.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <boost/asio/post.hpp>
#include <chrono>
#include <utility>

namespace dynascale::hostd {
namespace {

short to_poll(int events) {
  int flags = 0;
  if ((events & VIR_EVENT_HANDLE_READABLE) != 0) flags |= POLLIN;
  if ((events & VIR_EVENT_HANDLE_WRITABLE) != 0) flags |= POLLOUT;
  return static_cast<short>(flags);
}

int from_poll(short flags) {
  int events = 0;
  if ((flags & POLLIN) != 0) events |= VIR_EVENT_HANDLE_READABLE;
  if ((flags & POLLOUT) != 0) events |= VIR_EVENT_HANDLE_WRITABLE;
  if ((flags & (POLLERR | POLLNVAL)) != 0) events |= VIR_EVENT_HANDLE_ERROR;
  if ((flags & POLLHUP) != 0) events |= VIR_EVENT_HANDLE_HANGUP;
  return events;
}

}  // namespace

int WatchedDescriptors::add(int fd, int events, virEventHandleCallback callback, void* opaque,
                            virFreeCallback release) {
  const int copy = ::fcntl(fd, F_DUPFD_CLOEXEC, 0);
  if (copy < 0) return -1;
  auto source = std::make_shared<Source>(io_);
  boost::system::error_code error;
  source->descriptor.assign(copy, error);
  if (error) {
    ::close(copy);
    return -1;
  }
  source->fd = fd;
  source->events = events;
  source->callback = callback;
  source->opaque = opaque;
  source->release = release;
  const std::scoped_lock guard{lock_};
  source->id = free_id(sources_, last_id_);
  sources_.emplace(source->id, source);
  arm_later(source);
  return source->id;
}

void WatchedDescriptors::update(int id, int events) {
  const std::scoped_lock guard{lock_};
  const auto found = sources_.find(id);
  if (found == sources_.end()) return;
  found->second->events = events;
  arm_later(found->second);
}

int WatchedDescriptors::remove(int id) {
  const std::scoped_lock guard{lock_};
  const auto found = sources_.find(id);
  if (found == sources_.end()) return -1;
  SourcePtr source = std::move(found->second);
  source->removed = true;
  sources_.erase(found);
  boost::asio::post(io_, [source = std::move(source)] {
    boost::system::error_code ignored;
    source->descriptor.close(ignored);
    if (source->release != nullptr) source->release(source->opaque);
  });
  return 0;
}

void WatchedDescriptors::abandon() {
  const std::scoped_lock guard{lock_};
  for (auto& [id, source] : sources_) {
    source->removed = true;
    boost::system::error_code ignored;
    source->descriptor.close(ignored);
  }
  sources_.clear();
}

std::size_t WatchedDescriptors::size() const {
  const std::scoped_lock guard{lock_};
  return sources_.size();
}

int WatchedDescriptors::wanted(const SourcePtr& source) const {
  const std::scoped_lock guard{lock_};
  return source->removed ? 0 : source->events;
}

void WatchedDescriptors::arm_later(SourcePtr source) {
  boost::asio::post(io_, [self = shared_from_this(), source = std::move(source)] { self->arm(source); });
}

void WatchedDescriptors::arm(const SourcePtr& source) {
  const int events = wanted(source);
  if (events == 0) return;
  const bool reads = (events & VIR_EVENT_HANDLE_READABLE) != 0;
  const bool writes = (events & VIR_EVENT_HANDLE_WRITABLE) != 0;
  if (reads) wait(source, reading);
  if (writes) wait(source, writing);
  // epoll reports errors and hang-ups to every waiter, so this one is needed only where there is no other.
  if (!reads && !writes) wait(source, failing);
}

void WatchedDescriptors::wait(const SourcePtr& source, Direction direction) {
  using Descriptor = boost::asio::posix::stream_descriptor;
  static constexpr std::array<Descriptor::wait_type, directions> kinds{
      Descriptor::wait_read, Descriptor::wait_write, Descriptor::wait_error};
  if (source->waiting[direction]) return;
  source->waiting[direction] = true;
  source->descriptor.async_wait(kinds[direction], [self = shared_from_this(), source,
                                                   direction](const boost::system::error_code& error) {
    source->waiting[direction] = false;
    if (error) return;  // closed: the source was removed
    self->dispatch(source);
    self->arm(source);
  });
}

void WatchedDescriptors::dispatch(const SourcePtr& source) {
  const int events = wanted(source);
  if (events == 0) return;
  pollfd state{source->descriptor.native_handle(), to_poll(events), 0};
  if (::poll(&state, 1, 0) <= 0 || state.revents == 0) return;
  source->callback(source->id, source->fd, from_poll(state.revents), source->opaque);
}

int Timers::add(int period_ms, virEventTimeoutCallback callback, void* opaque, virFreeCallback release) {
  auto source = std::make_shared<Source>(io_);
  source->period_ms = period_ms;
  source->callback = callback;
  source->opaque = opaque;
  source->release = release;
  const std::scoped_lock guard{lock_};
  source->id = free_id(sources_, last_id_);
  sources_.emplace(source->id, source);
  arm_later(source);
  return source->id;
}

void Timers::update(int id, int period_ms) {
  const std::scoped_lock guard{lock_};
  const auto found = sources_.find(id);
  if (found == sources_.end()) return;
  found->second->period_ms = period_ms;
  ++found->second->generation;
  arm_later(found->second);
}

int Timers::remove(int id) {
  const std::scoped_lock guard{lock_};
  const auto found = sources_.find(id);
  if (found == sources_.end()) return -1;
  SourcePtr source = std::move(found->second);
  source->removed = true;
  sources_.erase(found);
  boost::asio::post(io_, [source = std::move(source)] {
    source->timer.cancel();
    if (source->release != nullptr) source->release(source->opaque);
  });
  return 0;
}

void Timers::abandon() {
  const std::scoped_lock guard{lock_};
  for (auto& [id, source] : sources_) {
    source->removed = true;
    source->timer.cancel();
  }
  sources_.clear();
}

std::size_t Timers::size() const {
  const std::scoped_lock guard{lock_};
  return sources_.size();
}

void Timers::arm_later(SourcePtr source) {
  boost::asio::post(io_, [self = shared_from_this(), source = std::move(source)] { self->arm(source); });
}

void Timers::arm(const SourcePtr& source) {
  std::unique_lock guard{lock_};
  const int period_ms = source->removed ? -1 : source->period_ms;
  const unsigned generation = source->generation;
  guard.unlock();
  if (period_ms < 0) {
    source->timer.cancel();
    return;
  }
  source->timer.expires_after(std::chrono::milliseconds{period_ms});
  source->timer.async_wait(
      [self = shared_from_this(), source, generation](const boost::system::error_code& error) {
        if (!error) self->expired(source, generation);
      });
}

void Timers::expired(const SourcePtr& source, unsigned generation) {
  {
    const std::scoped_lock guard{lock_};
    if (source->removed || source->generation != generation) return;  // an update has armed it anew
  }
  source->callback(source->id, source->opaque);
  {
    const std::scoped_lock guard{lock_};
    if (source->removed || source->generation != generation) return;
  }
  arm(source);
}

}  // namespace dynascale::hostd
