"""The clients of an office's key: granted and withdrawn all or nothing, by whoever may, never beyond what they may."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from access.exceptions import GrantsRefused, KeyTakesNoClients
from access.grants import Granted, GrantPreview, grant_clients, permissions_of, preview_grants, withdraw_clients
from access.models import ApiKey, ClientAccess, ClientGrant
from access.rights import Allowance, Factor, Grant, Rights, effective_rights
from access.services import revoke_key
from ledger.models import Company
from tests.access.offices import Bureau, make_template, numbers
from tests.factories import CompanyFactory, OfficeFactory, UserFactory, give, make_key

ADD, CHANGE, DELETE = (f"access.{verb}_clientgrant" for verb in ("add", "change", "delete"))
READ, WRITE = "ledger.view_supplier", "ledger.add_supplier"


class Granting(Bureau):
    """An office with somebody who may grant, and a key of theirs."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.give(ADD, CHANGE, DELETE, READ)
        self.key, _text = self.make_key()

    def granted(self) -> set[tuple[str, str]]:
        """The clients of the key, with their templates."""
        rows = ClientGrant.objects.filter(key=self.key).values_list("company__number", "template__name")
        return set(rows)


@pytest.fixture
def bureau(db: None) -> Granting:
    return Granting()


def test_many_clients_are_granted_at_once(bureau: Granting) -> None:
    template = make_template(READ)
    done = grant_clients(key=bureau.key, companies=bureau.clients, template=template, by=bureau.user)
    assert done == Granted(added=tuple(bureau.clients), changed=(), unchanged=())
    assert bureau.granted() == {(number, "A template") for number in numbers(bureau.clients)}
    assert effective_rights(bureau.key).companies_with(READ) == frozenset(one.pk for one in bureau.clients)


def test_granted_again_nothing_changes_and_another_template_takes_the_place_of_the_first(bureau: Granting) -> None:
    first, second, third = bureau.clients
    one, other = make_template(READ, name="One"), make_template(READ, name="Other")
    grant_clients(key=bureau.key, companies=[first], template=one, by=bureau.user)
    grant_clients(key=bureau.key, companies=[second], template=other, by=bureau.user)
    done = grant_clients(key=bureau.key, companies=[first, second, third, third], template=other, by=bureau.user)
    assert done == Granted(added=(third,), changed=(first,), unchanged=(second,))
    assert bureau.granted() == {(number, "Other") for number in numbers(bureau.clients)}


def test_one_that_is_no_client_stops_all_and_is_named(bureau: Granting) -> None:
    stranger, own = CompanyFactory.create(), bureau.office.company
    with pytest.raises(GrantsRefused) as refused:
        grant_clients(
            key=bureau.key, companies=[*bureau.clients, stranger, own], template=make_template(READ), by=bureau.user
        )
    assert refused.value.by_company.keys() == {stranger.number, own.number}
    assert bureau.granted() == set()


def test_a_right_missing_in_one_client_stops_all_and_names_it(bureau: Granting) -> None:
    first, second, _third = bureau.clients
    helper = UserFactory.create()
    give(helper, ADD, company=first)
    with pytest.raises(GrantsRefused) as refused:
        grant_clients(key=bureau.key, companies=[first, second], template=make_template(READ), by=helper)
    assert refused.value.by_company.keys() == {second.number}
    grant_clients(key=bureau.key, companies=[first], template=make_template(READ, name="B"), by=helper)
    with pytest.raises(GrantsRefused):  # to change is another right than to add
        grant_clients(key=bureau.key, companies=[first], template=make_template(READ, name="C"), by=helper)
    assert bureau.granted() == {(first.number, "B")}


def test_another_offices_template_is_not_there(bureau: Granting) -> None:
    foreign = make_template(READ, office=OfficeFactory.create())
    with pytest.raises(GrantsRefused) as refused:
        grant_clients(key=bureau.key, companies=bureau.clients, template=foreign, by=bureau.user)
    assert refused.value.template


def test_only_a_working_office_key_takes_clients(bureau: Granting) -> None:
    template = make_template(READ)
    end_user, _text = make_key(owner=bureau.user, company=bureau.clients[0])
    with pytest.raises(KeyTakesNoClients):
        grant_clients(key=end_user, companies=bureau.clients, template=template, by=bureau.user)
    revoke_key(key=bureau.make_key()[0])
    revoke_key(key=ApiKey.objects.get(pk=bureau.key.pk))
    with pytest.raises(KeyTakesNoClients):
        grant_clients(key=bureau.key, companies=bureau.clients, template=template, by=bureau.user)


def test_clients_are_withdrawn_at_once_and_again_it_is_no_mistake(bureau: Granting) -> None:
    first, second, third = bureau.clients
    grant_clients(key=bureau.key, companies=[first, second], template=make_template(READ), by=bureau.user)
    assert withdraw_clients(key=bureau.key, companies=[second, third], by=bureau.user) == (second,)
    assert withdraw_clients(key=bureau.key, companies=[second, third], by=bureau.user) == ()
    assert numbers(list(Company.objects.filter(client_grants__key=bureau.key))) == [first.number]


def test_who_may_only_grant_withdraws_nothing(bureau: Granting) -> None:
    grant_clients(key=bureau.key, companies=bureau.clients, template=make_template(READ), by=bureau.user)
    helper = UserFactory.create()
    give(helper, ADD, office=bureau.office)
    with pytest.raises(GrantsRefused) as refused:
        withdraw_clients(key=bureau.key, companies=bureau.clients, by=helper)
    assert len(refused.value.by_company) == 3


def test_a_key_grants_where_it_may_but_nothing_to_itself(bureau: Granting) -> None:
    first, second, _third = bureau.clients
    administering = make_template(ADD, CHANGE, name="Administering")
    grant_clients(key=bureau.key, companies=[first], template=administering, by=bureau.user)
    other = bureau.make_key()[0]
    template = make_template(READ)
    grant_clients(key=other, companies=[first], template=template, by=bureau.key)
    with pytest.raises(GrantsRefused):
        grant_clients(key=other, companies=[second], template=template, by=bureau.key)
    with pytest.raises(GrantsRefused):
        grant_clients(key=bureau.key, companies=[first], template=template, by=bureau.key)
    assert bureau.granted() == {(first.number, "Administering")}


def test_a_key_gives_no_more_than_its_owner_may(bureau: Granting) -> None:
    grant_clients(key=bureau.key, companies=bureau.clients, template=make_template(ADD), by=bureau.user)
    other, template = bureau.make_key()[0], make_template(READ, WRITE, name="More")
    with pytest.raises(GrantsRefused) as refused:
        grant_clients(key=other, companies=bureau.clients, template=template, by=bureau.key)
    assert WRITE in refused.value.template
    assert READ not in refused.value.template
    give(bureau.user, WRITE, office=bureau.office)
    grant_clients(key=other, companies=bureau.clients, template=template, by=bureau.key)
    assert effective_rights(other).may(WRITE, company=bureau.clients[0].pk)


# The look ahead

names = st.frozensets(st.sampled_from([READ, WRITE, "ledger.view_account"]))
some = st.frozensets(st.integers(1, 4))
allowances = st.builds(Allowance, permissions=st.none() | names, companies=st.none() | some)
granted = st.builds(Allowance, permissions=names, companies=some)


@st.composite
def rights_of_keys(draw: st.DrawFn) -> Rights:
    others = [
        Grant(factor, tuple(draw(st.lists(allowances, min_size=1, max_size=2))))
        for factor in (Factor.KEY, Factor.OWNER, Factor.OFFICE)
    ]
    # A client has one template: no two allowances share a company.
    templates, taken = [], set[int]()
    for one in draw(st.lists(granted, max_size=3)):
        templates.append(Allowance(one.permissions, (one.companies or frozenset()) - taken))
        taken |= one.companies or frozenset()
    return Rights((*others, Grant(Factor.TEMPLATE, tuple(templates))))


@given(rights_of_keys(), some, st.none() | names)
def test_what_is_told_before_is_what_comes_after(
    rights: Rights, chosen: frozenset[int], template: frozenset[str] | None
) -> None:
    every = [READ, WRITE, "ledger.view_account"]
    told = preview_grants(rights=rights, companies=chosen, permissions=template)
    assert told.keys() == chosen
    whole = Rights(tuple(one for one in rights.grants if one.factor != Factor.TEMPLATE))
    for company, one in told.items():
        before = set(rights.permissions_for(company, every))
        after = {name for name in template or () if whole.may(name, company=company)}
        assert one == GrantPreview(
            gains=frozenset(after - before),
            loses=frozenset(before - after),
            without_effect=frozenset((template or frozenset()) - after),
        )


def test_the_preview_of_a_real_key_tells_what_granting_does(bureau: Granting) -> None:
    first, second, _third = bureau.clients
    grant_clients(key=bureau.key, companies=[first], template=make_template(READ), by=bureau.user)
    ClientAccess.objects.filter(company=second).update(api_access=False)
    other = make_template(CHANGE, WRITE, name="Other")
    found = preview_grants(
        rights=effective_rights(bureau.key), companies=[first.pk, second.pk], permissions=permissions_of(other)
    )
    assert found[first.pk] == GrantPreview(frozenset({CHANGE}), frozenset({READ}), frozenset({WRITE}))
    assert found[second.pk] == GrantPreview(without_effect=frozenset({CHANGE, WRITE}))
