#pragma once
/// The part of the local API that reads and writes a running guest's policy, in its libvirt metadata:
///   GET  /v1/guests/NAME/policy          as written, what is in force, and what is wrong with it
///   POST /v1/guests/NAME/policy          {"xml": "<policy …/>"} or {"set": {"vcpus.max": "8"}}; "" takes a key out
///   POST /v1/guests/NAME/policy/check    the same, and nothing is written
/// A policy with any mistake is not written, and every mistake is named. What was written is read back, and is in
/// force when the answer comes.

#include <boost/asio/awaitable.hpp>

#include "hostd/daemon.hpp"

namespace dynascale::hostd {

class PolicyApi {
 public:
  PolicyApi(Daemon& daemon, Hypervisor& hypervisor, SettingsOf settings_of, Log& log)
      : daemon_{daemon}, hypervisor_{hypervisor}, settings_of_{std::move(settings_of)}, log_{log} {}

  [[nodiscard]] static bool serves(const HttpRequest& request);
  [[nodiscard]] boost::asio::awaitable<HttpReply> answer(HttpRequest request);

 private:
  [[nodiscard]] HttpReply told(const Guest& guest) const;
  /// The whole element that the request wants. Errors: `invalid_argument` with every mistake.
  [[nodiscard]] Result<std::string> wanted(const GuestDescription& guest, const std::string& body) const;
  [[nodiscard]] HttpReply checked(GuestDescription guest, const std::string& xml) const;
  [[nodiscard]] std::function<Result<GuestDescription>()> writing(const GuestId& guest, const std::string& xml) const;

  Daemon& daemon_;
  Hypervisor& hypervisor_;
  SettingsOf settings_of_;
  Log& log_;
};

}  // namespace dynascale::hostd
