#pragma once
/// Fills one message from parsed JSON; keeps the first error. Included by codec.cpp only.

#include <fmt/format.h>

#include <boost/json.hpp>
#include <concepts>
#include <limits>

#include "core/model/result.hpp"
#include "core/wire/fields.hpp"

namespace dynascale::wire {

/// What to do with a key that the message does not have.
enum class UnknownKeys { refuse, ignore };

class Reader {
 public:
  Reader(const boost::json::object& object, std::string path, UnknownKeys unknown)
      : object_{object}, path_{std::move(path)}, unknown_{unknown} {}

  template <class T>
  void need(std::string_view key, T& value) {
    known_.push_back(key);
    if (error_) return;
    const auto* found = object_.if_contains(key);
    if (found == nullptr) return reject(Errc::corrupt, key, "is missing");
    read(key, *found, value);
  }
  template <class T>
  void may(std::string_view key, T& value) {
    known_.push_back(key);
    const auto* found = object_.if_contains(key);
    if (error_ || found == nullptr || found->is_null()) return;
    read(key, *found, value);
  }
  /// After all fields: the first error, an unknown key included.
  [[nodiscard]] std::optional<Error> finish();

  /// Says that `key` is known although no field of the message.
  void expect(std::string_view key) { known_.push_back(key); }

 private:
  using Value = boost::json::value;

  void reject(Errc code, std::string_view key, std::string_view problem);

  void read(std::string_view key, const Value& from, std::uint64_t& to);
  void read(std::string_view key, const Value& from, std::uint32_t& to);
  void read(std::string_view key, const Value& from, std::int64_t& to);
  void read(std::string_view key, const Value& from, double& to);
  void read(std::string_view key, const Value& from, std::string& to);
  void read(std::string_view key, const Value& from, std::map<std::string, std::int64_t>& to);

  template <class T>
  void read(std::string_view key, const Value& from, std::optional<T>& to) {
    read(key, from, to.emplace());
  }
  template <class T>
  void read(std::string_view key, const Value& from, std::vector<T>& to) {
    const auto* array = from.if_array();
    if (array == nullptr) return reject(Errc::corrupt, key, "must be a list");
    if (array->size() > limit_of(to)) return reject(Errc::limit_exceeded, key, "has too many items");
    to.resize(array->size());
    for (std::size_t i = 0; i < to.size() && !error_; ++i) read(key, (*array)[i], to[i]);
  }
  template <class T>
  requires std::is_class_v<T>
  void read(std::string_view key, const Value& from, T& to) {
    const auto* object = from.if_object();
    if (object == nullptr) return reject(Errc::corrupt, key, "must be an object");
    Reader inner{*object, path_ + std::string{key} + '.', unknown_};
    fields(inner, to);
    error_ = inner.finish();
  }

  [[nodiscard]] static std::size_t limit_of(const std::vector<std::uint32_t>&) { return max_vcpus; }
  [[nodiscard]] static std::size_t limit_of(const std::vector<std::string>&) { return max_capabilities; }
  [[nodiscard]] static std::size_t limit_of(const std::vector<CapacityRequest>&) { return max_requests; }
  [[nodiscard]] static std::size_t limit_of(const std::vector<Metric>&) { return max_metrics; }
  [[nodiscard]] static std::size_t limit_of(const std::vector<ApplicationReport>&) {
    return max_applications;
  }

  const boost::json::object& object_;
  std::string path_;  ///< Of the object inside the message, as "versions."; empty at the top.
  UnknownKeys unknown_;
  std::vector<std::string_view> known_;
  std::optional<Error> error_;
};

}  // namespace dynascale::wire
