#pragma once
/// Results that cannot be ignored: a value, or an error that says what to do next. See docs/adr/0001-result.md.

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace dynascale {

/// What kind of failure it was. Retry on this code, never on the text.
enum class Errc {
  invalid_argument,   ///< The caller's input is wrong; repeating it cannot help.
  not_found,          ///< The thing named does not exist (any more).
  permission_denied,  ///< The rights for it are missing.
  timeout,            ///< No answer in time: the outcome is unknown, read the truth again.
  unsupported,        ///< This hypervisor, guest or application cannot do it.
  refused,            ///< The other side understood and said no.
  unavailable,        ///< The other side is not there now; later it may be.
  corrupt,            ///< Input that breaks its format.
  limit_exceeded,     ///< A size, rate or count bound was hit.
  unverified,         ///< Done, but reading back shows another value.
  cancelled,          ///< The caller or a shutdown stopped it.
  io,                 ///< The operating system failed; the text has its reason.
};

[[nodiscard]] std::string_view to_string(Errc code);

struct Error {
  Errc code = Errc::io;
  std::string what;  ///< One sentence for a person: what failed, on what, and what to do.
};

template <class T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
  using Base = tl::expected<T, Error>;

 public:
  using Base::Base;
  Result(Base base) : Base(std::move(base)) {}
};

using Status = Result<void>;

[[nodiscard]] inline tl::unexpected<Error> fail(Errc code, std::string what) {
  return tl::unexpected<Error>(Error{code, std::move(what)});
}

}  // namespace dynascale
