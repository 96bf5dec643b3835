#include "hostd/libvirt/errors.hpp"

#include <fmt/format.h>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

namespace dynascale::hostd {
namespace {

// Of libvirt 7.10 and later as it numbers them; its headers in Debian 12 name no more than 110.
constexpr int agent_command_timeout = 112;
constexpr int agent_command_failed = 113;

}  // namespace

Errc errc_of(int virt_error) {
  switch (virt_error) {
    case VIR_ERR_NO_DOMAIN:
    case VIR_ERR_INVALID_DOMAIN:
    case VIR_ERR_NO_DOMAIN_METADATA:
    case VIR_ERR_DEVICE_MISSING:
      return Errc::not_found;
    case VIR_ERR_OPERATION_TIMEOUT:
    case VIR_ERR_AGENT_UNRESPONSIVE:
    case VIR_ERR_AGENT_UNSYNCED:
    case agent_command_timeout:
      return Errc::timeout;
    case VIR_ERR_NO_SUPPORT:
    case VIR_ERR_OPERATION_UNSUPPORTED:
    case VIR_ERR_CONFIG_UNSUPPORTED:
    case VIR_ERR_ARGUMENT_UNSUPPORTED:
    case VIR_ERR_CALL_FAILED:
      return Errc::unsupported;
    case VIR_ERR_ACCESS_DENIED:
    case VIR_ERR_OPERATION_DENIED:
    case VIR_ERR_AUTH_FAILED:
    case VIR_ERR_AUTH_CANCELLED:
    case VIR_ERR_AUTH_UNAVAILABLE:
      return Errc::permission_denied;
    case VIR_ERR_INVALID_ARG:
    case VIR_ERR_XML_ERROR:
    case VIR_ERR_XML_DETAIL:
    case VIR_ERR_XML_INVALID_SCHEMA:
    case VIR_ERR_OVERFLOW:
    case VIR_ERR_DOM_EXIST:
    case VIR_ERR_NO_NAME:
    case VIR_ERR_OS_TYPE:
    case VIR_ERR_NO_OS:
      return Errc::invalid_argument;
    case VIR_ERR_OPERATION_INVALID:
    case VIR_ERR_RESOURCE_BUSY:
    case VIR_ERR_OPERATION_ABORTED:
    case agent_command_failed:
      return Errc::refused;
    case VIR_ERR_NO_CONNECT:
    case VIR_ERR_INVALID_CONN:
    case VIR_ERR_RPC:
    case VIR_ERR_UNKNOWN_HOST:
    case VIR_ERR_NO_SERVER:
      return Errc::unavailable;
    default:
      return Errc::io;
  }
}

Error last_error(std::string_view doing) {
  const virError* error = virGetLastError();
  if (error == nullptr) return {Errc::io, fmt::format("{}: libvirt failed without a reason", doing)};
  return {errc_of(error->code),
          fmt::format("{}: {}", doing, error->message == nullptr ? "?" : error->message)};
}

void silence_libvirt() {
  virSetErrorFunc(nullptr, [](void*, virErrorPtr) {});
}

}  // namespace dynascale::hostd
