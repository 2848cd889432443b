"""Staff accounts, sign-ins and sessions: what they withstand, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, timedelta

import pyotp
import pytest
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from casework.audit import Audit, Whole
from casework.staff.passwords import Passwords, WeakPassword, one_time_password
from casework.staff.second_factor import SecondFactor, WrongCode
from casework.staff.sign_in import NotSignedIn, SignedIn, SignIns
from casework.staff.staff import COMMAND_LINE, Doer, Staff, StaffAccounts, WrongStaff
from casework.staff.tables import StaffRow, StaffSessionRow
from casework.store.cipher import KeyRing
from casework.store.database import Sealed
from tests.casework.conftest import Clock

PASSWORD = "correct horse battery staple"
CHEAP = Passwords(Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1))
BOSS = Doer("boss", "administrator")


class House:
    def __init__(self, engine: Engine, ring: KeyRing, clock: Clock) -> None:
        self.engine, self.clock = engine, clock
        self.audit = Audit(engine, ring, clock)
        self.staff = StaffAccounts(engine, self.audit, CHEAP)
        self.codes = SecondFactor(engine, Sealed(ring), self.audit, clock)
        self.sign_ins = SignIns(engine, ring, self.audit, self.staff, self.codes, clock)

    def add(self, login: str = "wang", role: str = "agent", areas: tuple[str, ...] = ("53",)) -> Staff:
        return self.staff.add(login, "王芳", role, areas, PASSWORD, COMMAND_LINE)

    def with_codes(self, staff: Staff) -> pyotp.TOTP:
        """Sets the second factor up; the code that was used for it is used up."""
        session = self.sign_ins.with_password(staff.login, PASSWORD)
        totp = pyotp.TOTP(self.codes.offer(staff.id).secret)
        self.codes.turn_on(staff.id, self.code(totp), session.session, BOSS)
        self.clock.advance(timedelta(seconds=30))
        return totp

    def code(self, totp: pyotp.TOTP, steps: int = 0) -> str:
        return totp.generate_otp(totp.timecode(self.clock().replace(tzinfo=UTC)) + steps)

    def wrong_code(self, totp: pyotp.TOTP) -> str:
        near = {self.code(totp, steps) for steps in (-1, 0, 1)}
        return next(code for code in ("000000", "111111", "222222", "333333") if code not in near)

    def fails(self, login: str = "wang", password: str = "wrong") -> bool:
        try:
            self.sign_ins.with_password(login, password)
        except NotSignedIn:
            return True
        return False

    def lives(self, session: SignedIn) -> bool:
        return self.sign_ins.current(session.token) is not None

    def actions(self, login: str = "wang") -> list[str]:
        return [entry.action for entry in reversed(self.audit.about(login))]

    def failures(self) -> int:
        with Session(self.engine) as session:
            return session.scalars(select(StaffRow.failures)).one()


@pytest.fixture
def house(database: Engine, ring: KeyRing, clock: Clock) -> House:
    return House(database, ring, clock)


def test_a_sign_in_opens_a_session_and_is_on_record(house: House) -> None:
    staff = house.add()
    session = house.sign_ins.with_password(" WANG ", PASSWORD)
    current = house.sign_ins.current(session.token)
    assert current is not None and current.staff == staff and not current.pending
    house.sign_ins.sign_out(session)
    assert not house.lives(session)
    assert house.actions() == ["staff_added", "signed_in", "signed_out"]
    assert house.audit.verify() == Whole(3)


def test_only_hashes_are_kept(house: House, everything: Callable[[], bytes]) -> None:
    house.add()
    session = house.sign_ins.with_password("wang", PASSWORD)
    secret = house.codes.offer(session.staff.id).secret
    kept = everything()
    assert b"argon2id" in kept
    for value in (PASSWORD, session.token, secret):
        assert value.encode() not in kept


@pytest.mark.parametrize(
    "password", ["", "short", "a" * 11, "x" * 201, "aaaaaaaaaaaaaaaa", "abababababababab", "wang-wang-wang-1"]
)
def test_weak_passwords_are_refused(house: House, password: str) -> None:
    with pytest.raises(WeakPassword):
        house.staff.add("wang", "王芳", "agent", ["53"], password, COMMAND_LINE)


def test_one_time_passwords_are_accepted_and_differ() -> None:
    made = {one_time_password() for _ in range(50)}
    assert len(made) == 50
    assert all(CHEAP.hash(each, "wang") for each in list(made)[:3])


def test_the_default_is_argon2_at_its_recommended_cost() -> None:
    hashed = Passwords().hash(PASSWORD, "wang")
    assert hashed.startswith("$argon2id$v=19$m=65536,t=3,p=4$")


@pytest.mark.parametrize(
    ("login", "name", "role", "areas"),
    [
        ("x", "王芳", "agent", ["53"]),
        ("wang fang", "王芳", "agent", ["53"]),
        ("<script>", "王芳", "agent", ["53"]),
        ("wang", " ", "agent", ["53"]),
        ("wang", "王" * 61, "agent", ["53"]),
        ("wang", "王芳", "root", ["53"]),
        ("wang", "王芳", "agent", []),
        ("wang", "王芳", "agent", [""]),
        ("wang", "王芳", "agent", ["5"]),
        ("wang", "王芳", "agent", ["11"]),
        ("wang", "王芳", "agent", ["53%"]),
    ],
)
def test_accounts_that_cannot_be(house: House, login: str, name: str, role: str, areas: list[str]) -> None:
    with pytest.raises(WrongStaff):
        house.staff.add(login, name, role, areas, PASSWORD, COMMAND_LINE)
    assert house.staff.all() == []


def test_a_login_is_given_once(house: House) -> None:
    house.add("wang")
    with pytest.raises(WrongStaff, match="已经有人用了"):
        house.add("WANG")


def test_areas_within_areas_go(house: House) -> None:
    assert house.add(areas=("530102", "5301", "532301")).areas == ("5301", "532301")


@pytest.mark.parametrize(
    ("areas", "county", "seen"),
    [
        (("53",), "530102", True),
        (("5301",), "530102", True),
        (("5301",), "530302", False),
        (("530102",), "5301", False),
        (("530102", "5303"), "530302", True),
        (("530102",), None, True),
    ],
)
def test_what_lies_in_an_area_is_seen(areas: tuple[str, ...], county: str | None, seen: bool) -> None:
    assert Staff(1, "wang", "王芳", "agent", areas).sees(county) is seen


def test_five_wrong_ones_lock_out_even_who_knows_the_password(house: House) -> None:
    house.add()
    assert all(house.fails() for _ in range(5))
    assert house.fails(password=PASSWORD)
    house.clock.advance(timedelta(minutes=14, seconds=59))
    assert house.fails(password=PASSWORD)
    house.clock.advance(timedelta(seconds=2))
    assert not house.fails(password=PASSWORD)
    assert house.actions().count("sign_in_failed") == 7


def test_the_lock_out_grows_and_is_bounded(house: House) -> None:
    house.add()
    for minutes in (15, 30, 60):
        assert all(house.fails() for _ in range(5))
        house.clock.advance(timedelta(minutes=minutes) - timedelta(seconds=1))
        assert house.fails(password=PASSWORD)
        house.clock.advance(timedelta(seconds=2))
    for _ in range(20):
        assert all(house.fails() for _ in range(5))
        house.clock.advance(timedelta(hours=24, seconds=1))
    assert not house.fails(password=PASSWORD)
    assert house.failures() == 0


def test_four_wrong_ones_and_a_right_one_begin_anew(house: House) -> None:
    house.add()
    for _ in range(3):
        assert all(house.fails() for _ in range(4))
        assert not house.fails(password=PASSWORD)


def test_attempts_at_the_same_moment_count_each(house: House) -> None:
    house.add()
    with ThreadPoolExecutor(12) as pool:
        assert all(pool.map(lambda _: house.fails(), range(12)))
    assert house.failures() == 5
    assert house.fails(password=PASSWORD)
    assert isinstance(house.audit.verify(), Whole)


def test_an_unknown_login_is_refused_alike_and_not_written_down(house: House) -> None:
    house.add()
    assert house.fails("hunter2-secret", PASSWORD)
    assert house.actions("unknown") == ["sign_in_failed"]
    assert "hunter2" not in str(house.audit.about("unknown"))


def test_an_idle_session_ends_and_a_used_one_lasts_twelve_hours(house: House) -> None:
    house.add()
    idle, used = (house.sign_ins.with_password("wang", PASSWORD) for _ in range(2))
    for _ in range(24):
        house.clock.advance(timedelta(minutes=29))
        assert house.lives(used)
    assert not house.lives(idle)
    house.clock.advance(timedelta(minutes=24, seconds=1))
    assert not house.lives(used)


def test_sessions_that_are_over_are_swept(house: House) -> None:
    house.add()
    for _ in range(3):
        house.sign_ins.with_password("wang", PASSWORD)
    house.clock.advance(timedelta(minutes=31))
    house.sign_ins.with_password("wang", PASSWORD)
    with Session(house.engine) as session:
        assert session.scalar(select(func.count()).select_from(StaffSessionRow)) == 1


def test_a_new_password_ends_every_session(house: House) -> None:
    house.add()
    mine, other = (house.sign_ins.with_password("wang", PASSWORD) for _ in range(2))
    with pytest.raises(NotSignedIn):
        house.sign_ins.change_password(mine, "wrong", "another good password")
    for weak in ("short", PASSWORD):
        with pytest.raises(WeakPassword):
            house.sign_ins.change_password(mine, PASSWORD, weak)
    anew = house.sign_ins.change_password(mine, PASSWORD, "another good password")
    assert [house.lives(each) for each in (mine, other, anew)] == [False, False, True]
    assert house.fails(password=PASSWORD)
    assert not house.fails(password="another good password")


def test_guessing_the_old_password_in_a_stolen_session_locks_out(house: House) -> None:
    house.add()
    session = house.sign_ins.with_password("wang", PASSWORD)
    for _ in range(5):
        with pytest.raises(NotSignedIn):
            house.sign_ins.change_password(session, "wrong", "another good password")
    with pytest.raises(NotSignedIn):
        house.sign_ins.change_password(session, PASSWORD, "another good password")


def test_who_is_deactivated_is_out_at_once_and_stays_out(house: House) -> None:
    house.add("boss", "administrator")
    staff = house.add()
    session = house.sign_ins.with_password("wang", PASSWORD)
    house.staff.change(staff.id, "王芳", "agent", ["53"], False, BOSS)
    assert not house.lives(session)
    assert house.fails(password=PASSWORD)
    with pytest.raises(NotSignedIn):
        house.sign_ins.by_provider("wang")
    house.staff.change(staff.id, "王芳", "agent", ["53"], True, BOSS)
    assert not house.fails(password=PASSWORD)


def test_another_role_means_signing_in_anew_but_other_areas_hold_at_once(house: House) -> None:
    house.add("boss", "administrator")
    staff = house.add()
    session = house.sign_ins.with_password("wang", PASSWORD)
    house.staff.change(staff.id, "王芳", "agent", ["5301"], True, BOSS)
    current = house.sign_ins.current(session.token)
    assert current is not None and current.staff.areas == ("5301",)
    house.staff.change(staff.id, "王芳", "supervisor", ["5301"], True, BOSS)
    assert not house.lives(session)


def test_the_last_administrator_stays(house: House) -> None:
    boss = house.add("boss", "administrator")
    for role, active in (("agent", True), ("administrator", False)):
        with pytest.raises(WrongStaff, match="管理员"):
            house.staff.change(boss.id, "老板", role, ["53"], active, BOSS)
    assert house.staff.get(boss.id) == boss


def test_a_change_says_in_the_log_what_changed(house: House) -> None:
    house.add("boss", "administrator")
    staff = house.add()
    house.staff.change(staff.id, "王小芳", "supervisor", ["5301"], True, BOSS)
    entry = house.audit.about("wang")[0]
    assert (entry.actor, entry.action) == ("boss", "staff_changed")
    assert entry.details == {
        "role": {"from": "agent", "to": "supervisor"},
        "areas": {"from": ["53"], "to": ["5301"]},
        "renamed": True,
    }


def test_with_codes_the_password_alone_opens_nothing(house: House) -> None:
    staff = house.add()
    totp = house.with_codes(staff)
    pending = house.sign_ins.with_password("wang", PASSWORD)
    assert pending.pending
    opened = house.sign_ins.with_code(pending, house.code(totp))
    assert opened.token != pending.token and not opened.pending
    assert not house.lives(pending)
    assert house.lives(opened)


def test_a_code_works_once(house: House) -> None:
    totp = house.with_codes(house.add())
    code = house.code(totp)
    house.sign_ins.with_code(house.sign_ins.with_password("wang", PASSWORD), code)
    with pytest.raises(NotSignedIn):
        house.sign_ins.with_code(house.sign_ins.with_password("wang", PASSWORD), code)


def test_a_clock_may_be_off_by_one_step(house: House) -> None:
    totp = house.with_codes(house.add())
    house.clock.advance(timedelta(minutes=5))
    for steps, right in ((-2, False), (2, False), (-1, True), (1, True)):
        pending = house.sign_ins.with_password("wang", PASSWORD)
        try:
            house.sign_ins.with_code(pending, house.code(totp, steps))
        except NotSignedIn:
            assert not right
        else:
            assert right


def test_codes_cannot_be_guessed_by_signing_in_over_and_over(house: House) -> None:
    """A right password in between does not set the count back."""
    totp = house.with_codes(house.add())
    for _ in range(5):
        pending = house.sign_ins.with_password("wang", PASSWORD)
        with pytest.raises(NotSignedIn):
            house.sign_ins.with_code(pending, house.wrong_code(totp))
    with pytest.raises(NotSignedIn):
        house.sign_ins.with_code(pending, house.code(totp))
    assert house.fails(password=PASSWORD)
    house.clock.advance(timedelta(minutes=15, seconds=1))
    pending = house.sign_ins.with_password("wang", PASSWORD)
    assert not house.sign_ins.with_code(pending, house.code(totp)).pending


def test_a_pending_session_waits_five_minutes(house: House) -> None:
    house.with_codes(house.add())
    pending = house.sign_ins.with_password("wang", PASSWORD)
    house.clock.advance(timedelta(minutes=4, seconds=59))
    assert house.lives(pending)
    house.clock.advance(timedelta(seconds=2))
    assert not house.lives(pending)


def test_codes_are_set_up_with_a_code_and_end_the_other_sessions(house: House) -> None:
    staff = house.add()
    mine, other = (house.sign_ins.with_password("wang", PASSWORD) for _ in range(2))
    totp = pyotp.TOTP(house.codes.offer(staff.id).secret)
    assert house.codes.offer(staff.id).secret == totp.secret
    with pytest.raises(WrongCode):
        house.codes.turn_on(staff.id, house.wrong_code(totp), mine.session, BOSS)
    assert not house.sign_ins.with_password("wang", PASSWORD).pending
    house.codes.turn_on(staff.id, house.code(totp), mine.session, BOSS)
    assert (house.lives(mine), house.lives(other)) == (True, False)
    with pytest.raises(ValueError):
        house.codes.offer(staff.id)
    house.codes.turn_off(staff.id, BOSS)
    assert not house.sign_ins.with_password("wang", PASSWORD).pending
    assert house.codes.offer(staff.id).secret != totp.secret


def test_the_provider_opens_only_for_who_has_an_account(house: House) -> None:
    house.staff.add("wang", "王芳", "agent", ["53"], None, COMMAND_LINE)
    assert house.lives(house.sign_ins.by_provider("Wang"))
    with pytest.raises(NotSignedIn):
        house.sign_ins.by_provider("li")
    for password in ("", PASSWORD):
        assert house.fails(password=password)


def test_two_administrators_cannot_each_take_the_others_role(house: House) -> None:
    both = [house.add(login, "administrator") for login in ("boss", "other")]

    def demote(staff: Staff) -> bool:
        try:
            house.staff.change(staff.id, "王芳", "agent", ["53"], True, BOSS)
        except WrongStaff:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(demote, both)) == [False, True]
