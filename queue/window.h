// Adaptive concurrency, as Postfix has it (SCHEDULER_README): each success adds 1/N, each failure
// takes 1/N, so that a way that fails more often than not narrows and one that recovers widens.
// A value.
#pragma once

namespace postrider::queue {

class Window {
 public:
  /// `most` ≥ 1: never wider than this; begins there, for an operator's or a provider's number is
  /// meant.
  explicit Window(int most) : most_(most), width_(most) {}

  int width() const { return static_cast<int>(width_); }
  int most() const { return most_; }
  bool narrowed() const { return width() < most_; }

  void succeeded();
  /// `in_use`: how many there were; what is not in use cannot have caused it.
  void failed(int in_use);

 private:
  int most_;
  double width_;
};

}  // namespace postrider::queue
