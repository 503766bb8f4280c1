// Issues that wait for an approval, as the door sees them that reviewers' links lead to.
#pragma once

#include <functional>
#include <string>

#include "base/token.h"

namespace postrider::daemon::http {

/// Called on the io_context's thread; what writes answers later.
class Reviews {
 public:
  virtual ~Reviews() = default;

  /// unknown: no such issue. over: another version than it is now, or nothing is to be approved.
  enum class State { unknown, open, approved, over };

  struct Review {
    State state = State::unknown;
    std::string title{};
    std::string version{};
    std::string readers{};  // the lists' names
    std::string segment{};  // in words; empty: all of them
    std::string time{};     // empty: at once
    std::string by{};       // who approved it
  };

  /// Called once. False: it could not be written now.
  using Approved = std::function<void(bool written, Review review)>;

  virtual Review look(const TokenClaims& claims) = 0;
  /// Idempotent; what is over stays so.
  virtual void approve(const TokenClaims& claims, Approved approved) = 0;
};

}  // namespace postrider::daemon::http
