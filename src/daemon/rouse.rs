//! The machine slept, or the network is another one: told by the kernel, at the cost of nothing.
//!
//! A timer that is cancelled when the clock is set fires after every sleep, because the clock is
//! set then. A routing socket tells of addresses that come and go. Both are descriptors that are
//! silent in between; a timer that looks at the clock every minute would wake a laptop all day,
//! and logind and NetworkManager are not everywhere. They are waited for on a thread that does
//! nothing else: tokio's own way to wait for a descriptor is unsafe.

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::thread::{Builder, sleep};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::{AddressFamily, RecvFlags, SocketFlags, SocketType, bind, recv, socket_with};
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, timerfd_create, timerfd_settime,
};
use tokio::sync::mpsc;

/// Addresses of both families (rtnetlink(7): RTMGRP_IPV4_IFADDR, RTMGRP_IPV6_IFADDR).
const ADDRESSES: u32 = 0x10 | 0x100;
/// A network that comes up brings one address after the other.
const SETTLE: Timespec = Timespec { tv_sec: 1, tv_nsec: 0 };
/// How long after a sleep it takes to come up at all.
const AWAKE: Duration = Duration::from_millis(500);

/// Starts the thread. Whatever comes means that connections are worth renewing.
///
/// # Errors
///
/// When the system gives no descriptors or no thread; time-outs have to do then.
pub(super) fn start() -> io::Result<mpsc::Receiver<()>> {
    let (clock, network) = (clock()?, network()?);
    let (roused, told) = mpsc::channel(1);
    let wait = move || {
        while let Ok(()) = next(&clock, &network) {
            // One that is waiting says it all.
            if let Err(mpsc::error::TrySendError::Closed(())) = roused.try_send(()) {
                return;
            }
        }
    };
    Builder::new().name("rouse".into()).spawn(wait)?;
    Ok(told)
}

/// Waits until the machine has slept or the network has changed, and settled again.
fn next(clock: &OwnedFd, network: &OwnedFd) -> io::Result<()> {
    loop {
        let mut both = [PollFd::new(clock, PollFlags::IN), PollFd::new(network, PollFlags::IN)];
        match poll(&mut both, None) {
            Ok(_) => break,
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    // Nothing to read means that the clock was set (ECANCELED) or that there was more than could
    // be kept (ENOBUFS): that something happened is all that counts.
    rustix::io::read(clock, &mut [0; 8]).ok();
    set(clock)?;
    sleep(AWAKE);
    loop {
        drain(network);
        let mut one = [PollFd::new(network, PollFlags::IN)];
        match poll(&mut one, Some(&SETTLE)) {
            Ok(0) => return Ok(()),
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

fn clock() -> io::Result<OwnedFd> {
    let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
    let timer = timerfd_create(TimerfdClockId::Realtime, flags)?;
    set(&timer)?;
    Ok(timer)
}

/// Sets the timer to a time that does not come.
fn set(timer: &OwnedFd) -> io::Result<()> {
    let zero = rustix::time::Timespec { tv_sec: 0, tv_nsec: 0 };
    let never = rustix::time::Timespec { tv_sec: 1 << 40, tv_nsec: 0 };
    let never = Itimerspec { it_interval: zero, it_value: never };
    let flags = TimerfdTimerFlags::ABSTIME | TimerfdTimerFlags::CANCEL_ON_SET;
    timerfd_settime(timer, flags, &never)?;
    Ok(())
}

fn network() -> io::Result<OwnedFd> {
    let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
    // No protocol is NETLINK_ROUTE, which is number 0.
    let socket = socket_with(AddressFamily::NETLINK, SocketType::RAW, flags, None)?;
    bind(&socket, &SocketAddrNetlink::new(0, ADDRESSES))?;
    Ok(socket)
}

/// Reads all there is; what it says does not matter.
fn drain(socket: &OwnedFd) {
    let mut buffer = [MaybeUninit::<u8>::uninit(); 4096];
    while recv(socket, &mut buffer, RecvFlags::empty()).is_ok() {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_can_be_waited_for_and_say_nothing_by_themselves() {
        let (clock, network) = (clock().unwrap(), network().unwrap());
        let mut both = [PollFd::new(&clock, PollFlags::IN), PollFd::new(&network, PollFlags::IN)];
        let now = Timespec { tv_sec: 0, tv_nsec: 0 };
        assert_eq!(poll(&mut both, Some(&now)), Ok(0));
    }
}
