"""What Telegram handed over, where its people are reached, and who may hold the line."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import Engine, func, select, update
from sqlalchemy.orm import Session

from casework.conversations import inbox as inboxes
from casework.conversations.addresses import AddressRow
from casework.conversations.inbox import Inbox, Incoming, UpdateRow
from casework.conversations.log import ASSISTANT, PERSON
from casework.desk import Desk, open_desk
from casework.store.alone import Alone
from casework.store.cipher import CannotOpen, KeyRing
from casework.store.database import now, open_database
from casework.store.rotation import reseal
from tests.casework.conftest import HASH_SECRET

CHAT, OTHER = 9_876_543_210, -100_123


@pytest.fixture
def desk(database: Engine, ring: KeyRing) -> Desk:
    return open_desk(database, ring, HASH_SECRET)


def incoming(desk: Desk, update_id: int, text: str = "我失业了", chat: int = CHAT) -> Incoming:
    return Incoming(update_id, desk.addresses.hash(chat), {"update_id": update_id, "text": text})


def test_updates_are_taken_once_and_given_in_order(desk: Desk) -> None:
    mine = desk.addresses.hash(CHAT)
    assert desk.inbox.put([incoming(desk, 12), incoming(desk, 11), incoming(desk, 12)]).chats == {mine}
    assert desk.inbox.put([incoming(desk, 11)]).chats == frozenset()
    desk.inbox.put([incoming(desk, 13, chat=OTHER)])
    assert set(desk.inbox.chats()) == {mine, desk.addresses.hash(OTHER)}
    given = []
    while (waiting := desk.inbox.next(mine)) is not None:
        given.append(waiting.body["update_id"])
        desk.inbox.done(waiting.update_id)
    assert given == [11, 12]
    assert desk.inbox.put([incoming(desk, 11)]).chats == frozenset()
    assert desk.inbox.next(mine) is None


def test_attempts_are_counted(desk: Desk) -> None:
    desk.inbox.put([incoming(desk, 1)])
    desk.inbox.tried(1)
    desk.inbox.tried(1)
    waiting = desk.inbox.next(desk.addresses.hash(CHAT))
    assert waiting is not None
    assert waiting.attempts == 2


def test_too_many_are_not_taken(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inboxes, "MOST_WAITING", 3)
    taken = desk.inbox.put([incoming(desk, number) for number in range(5)] + [incoming(desk, 9, chat=OTHER)])
    assert taken.flooded == {desk.addresses.hash(CHAT)}
    assert taken.chats == {desk.addresses.hash(CHAT), desk.addresses.hash(OTHER)}
    assert desk.inbox.put([incoming(desk, 4)]).flooded == frozenset()  # it stays dropped when it comes again
    desk.inbox.done(0)
    assert desk.inbox.put([incoming(desk, 5)]).flooded == frozenset()


def test_done_updates_keep_their_number_for_some_days_only(desk: Desk, database: Engine) -> None:
    desk.inbox.put([incoming(desk, 1), incoming(desk, 2), incoming(desk, 3)])
    desk.inbox.done(1)
    desk.inbox.done(2)
    with Session(database) as session, session.begin():
        old = update(UpdateRow).where(UpdateRow.update_id.in_((1, 3)))
        session.execute(old.values(at=now() - timedelta(days=4)))
    desk.inbox.forget_the_old()
    with Session(database) as session:
        assert set(session.scalars(select(UpdateRow.update_id))) == {2, 3}


def test_nothing_of_it_is_readable(desk: Desk, everything: Callable[[], bytes]) -> None:
    desk.inbox.put([incoming(desk, 1, "我叫欧阳秋菊")])
    desk.addresses.of(CHAT)
    for secret in ("欧阳秋菊", str(CHAT)):
        assert secret.encode() not in everything()
        assert secret not in everything().decode("latin-1")


def test_an_update_opens_only_where_it_was_put(desk: Desk, database: Engine) -> None:
    desk.inbox.put([incoming(desk, 1), incoming(desk, 2)])
    with Session(database) as session, session.begin():
        body = session.scalars(select(UpdateRow.body).where(UpdateRow.update_id == 2)).one()
        session.execute(update(UpdateRow).where(UpdateRow.update_id == 1).values(body=body))
    with pytest.raises(CannotOpen):
        desk.inbox.next(desk.addresses.hash(CHAT))


def test_a_new_key_seals_them_anew(database: Engine) -> None:
    key = KeyRing.generate()
    old = KeyRing.parse(key, HASH_SECRET)
    before, after = open_desk(database, old, HASH_SECRET), KeyRing.parse(f"{KeyRing.generate()},{key}", HASH_SECRET)
    before.inbox.put([incoming(before, 1), incoming(before, 2)])
    before.inbox.done(1)
    before.addresses.of(CHAT)
    done = reseal(database, after)
    assert (done.resealed, done.unreadable) == (2, 0)
    renewed = open_desk(database, after, HASH_SECRET)
    assert renewed.addresses.of(CHAT).chat == CHAT
    assert renewed.inbox.next(renewed.addresses.hash(CHAT)) is not None


def test_an_address_is_made_once(desk: Desk) -> None:
    address = desk.addresses.of(CHAT)
    assert desk.addresses.of(CHAT) == address
    assert (address.chat, address.delivered, address.parts, address.blocked) == (CHAT, 0, 0, False)
    assert desk.log.sender(desk.log.key(address.conversation)) == address.sender
    assert desk.addresses.find(desk.addresses.hash(OTHER)) is None


def test_a_person_is_told_that_their_chat_is_kept(desk: Desk) -> None:
    address = desk.addresses.of(CHAT)
    assert desk.export(address.sender)["telegram_chat"] == CHAT
    elsewhere = desk.log.sender(desk.log.key("on the page"))
    assert desk.export(elsewhere)["telegram_chat"] is None


def test_who_is_behind_is_found_unless_blocked(desk: Desk) -> None:
    address = desk.addresses.of(CHAT)
    desk.addresses.of(OTHER)
    assert desk.addresses.behind() == []
    desk.log.append(address.key, PERSON, "你好", [])
    desk.log.append(address.key, ASSISTANT, "", [])
    desk.addresses.note(address.id, 1, 2)
    found = desk.addresses.find(address.chat_hash)
    assert found is not None
    assert (found.delivered, found.parts) == (1, 2)
    assert desk.addresses.behind() == [address.chat_hash]
    desk.addresses.block(address.id)
    assert desk.addresses.behind() == []
    assert desk.addresses.of(CHAT).blocked is False
    assert desk.addresses.behind() == [address.chat_hash]
    desk.addresses.note(address.id, 2)
    assert desk.addresses.behind() == []


def test_forgetting_a_conversation_takes_its_address_along(desk: Desk, database: Engine) -> None:
    mine, other = desk.addresses.of(CHAT), desk.addresses.of(OTHER)
    desk.log.append(mine.key, PERSON, "你好", [])
    desk.forget(mine.sender)
    assert desk.addresses.find(mine.chat_hash) is None
    assert desk.addresses.find(other.chat_hash) == other
    assert desk.log.older_than(-1) == [other.sender]
    desk.forget(other.sender)
    with Session(database) as session:
        assert session.scalar(select(func.count()).select_from(AddressRow)) == 0
    anew = desk.addresses.of(CHAT)
    assert anew.delivered == 0
    assert anew.sender != mine.sender


def test_one_at_a_time_holds_the_line(database: Engine) -> None:
    another = open_database(database.url.render_as_string(hide_password=False))
    first, second = Alone(database, "telegram"), Alone(another, "telegram")
    assert first.hold()
    assert first.hold()
    assert not second.hold()
    assert Alone(another, "something else").hold()
    first.release()
    assert second.hold()
    assert not first.hold()
    second.release()
    another.dispose()


def test_a_server_that_is_gone_takes_the_lock_along(database: Engine) -> None:
    holder = Alone(database, "telegram")
    assert holder.hold()
    if database.dialect.name == "postgresql":
        assert holder._connection is not None
        holder._connection.connection.close()  # as if the network had broken
        assert not holder.hold()
        assert holder.hold()
    holder.release()


def test_the_inbox_survives_its_process(database: Engine, ring: KeyRing, desk: Desk) -> None:
    desk.inbox.put([incoming(desk, 1, "还没答")])
    waiting = Inbox(database, ring).next(desk.addresses.hash(CHAT))
    assert waiting is not None
    assert waiting.body["text"] == "还没答"
