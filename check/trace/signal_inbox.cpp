#include "check/trace/signal_inbox.hpp"

#include <sys/signalfd.h>

namespace dynascale::check {

SignalInbox::SignalInbox(const std::vector<int>& signals) {
  sigset_t wanted;
  ::sigemptyset(&wanted);
  for (const int signal : signals) ::sigaddset(&wanted, signal);
  ::sigprocmask(SIG_BLOCK, &wanted, &before_);
  fd_.reset(::signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK));
}

SignalInbox::~SignalInbox() {
  while (next()) {
  }  // What is still pending was ours to handle and must not strike now.
  ::sigprocmask(SIG_SETMASK, &before_, nullptr);
}

std::optional<Signal> SignalInbox::next() const {
  signalfd_siginfo info{};
  if (::read(fd_.get(), &info, sizeof info) != sizeof info) return std::nullopt;
  return Signal{static_cast<int>(info.ssi_signo), info.ssi_code == SI_KERNEL};
}

}  // namespace dynascale::check
