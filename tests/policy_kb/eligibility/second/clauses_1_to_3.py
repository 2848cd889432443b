"""Clauses 0 to 3.2 of 云人社发〔2022〕57号 and the supplements to them, one function for each measure."""

from __future__ import annotations

from datetime import date

from policy_kb.eligibility import Outcome
from tests.policy_kb.eligibility.second.person import Judge, Person, full_years, later


def nobody(person: Person, day: date) -> Outcome:
    """For employers or for authorities, or no measure at all."""
    return "no"


def agency_says(person: Person, day: date) -> Outcome:
    """No condition on the person is said, and something is left for an authority to see."""
    return "needs_review"


def registration_channels(person: Person, day: date) -> Outcome:
    """1.1 “方便有需要的失业人员办理登记失业申请”: to be of use to those who may be unemployed in the sense of F-01."""
    return without_work(person)


def without_work(person: Person) -> Outcome:
    """F-01 “处于无业状态”, before “依法享受基本养老保险待遇”.

    Whether the residents' pension counts as a basic pension is a local question (F-18).  Nor is it said whether odd
    jobs, orders of a platform or school leave somebody without work (F-08 and F-10 rest on reprints).
    """
    if person.work in ("employed", "self_employed", "pension"):
        return "no"
    return "yes" if person.work == "none" else "needs_review"


def unemployment_registration(person: Person, day: date) -> Outcome:
    """1.2 “符合条件人员”; F-01: of 16 and not yet drawing a basic pension, able to work, wanting work, without work."""
    if full_years(person.birth, day) < 16 or not person.able_to_work or person.job_wish == "none":
        return "no"
    return without_work(person)


def key_group_outreach(person: Person, day: date) -> Outcome:
    """1.2 “就业困难人员、离校未就业高校毕业生、脱贫人口等”: 等 leaves others open."""
    return "yes" if person.hardship or person.unemployed_graduate or person.poverty_lifted else "needs_review"


def jobseeker_registration(person: Person, day: date) -> Outcome:
    """1.2 “超过失业登记年龄、不符合失业登记条件，但有求职培训需求的城乡劳动者”; nobody works below 16 (F-16).

    Whether somebody who cannot work is a 劳动者 is not said (F-17 rests on a reprint); who works is one.
    """
    if full_years(person.birth, day) < 16:
        return "no"
    if person.job_wish == "none" and not person.wants_training:
        return "no"
    unemployed = unemployment_registration(person, day)
    if unemployed != "no":
        return "no" if unemployed == "yes" else "needs_review"
    return "yes" if person.able_to_work or person.work in ("employed", "self_employed") else "needs_review"


def job_search_support(person: Person, day: date) -> Outcome:
    """1.3 “有就业意向或培训需求的登记失业人员”; to want work and not know which is a wish, too, but also unclear."""
    if not person.registered:
        return "no"
    if person.job_wish == "clear" or person.wants_training:
        return "yes"
    return "needs_review" if person.job_wish == "unclear" else "no"


def career_guidance(person: Person, day: date) -> Outcome:
    """1.3 “就业意向不清晰的登记失业人员”: whether to have no wish is to be unclear about it is not said."""
    if not person.registered or person.job_wish == "clear":
        return "no"
    return "yes" if person.job_wish == "unclear" else "needs_review"


def monthly_follow_up(person: Person, day: date) -> Outcome:
    """1.3 “了解登记失业人员求职就业进展”."""
    return "yes" if person.registered else "no"


def training_needs_survey(person: Person, day: date) -> Outcome:
    """2.1 “精准摸排劳动者培训需求”; F-16 has an age for finding work, and none for wanting to be trained."""
    return "yes" if person.wants_training else "no"


def order_based_training(person: Person, day: date) -> Outcome:
    """2.2 “面向登记失业人员的订单、定岗式‘理论+实操’培训”: nothing else is asked."""
    return "yes" if person.registered else "no"


def training_money(person: Person, day: date) -> Outcome:
    """2.2 “符合条件的培训对象，按规定落实”: the conditions are not said; without training there is nothing."""
    return "needs_review" if person.wants_training else "no"


def job_matching(person: Person, day: date) -> Outcome:
    """3.1 “优先向登记失业人员推送重点企业、项目用工信息”: nothing else is asked."""
    return "yes" if person.registered else "no"


def skills_upgrade_subsidy(person: Person, day: date) -> Outcome:
    """3.2 “领取失业保险金期间的人员或再就业的在职职工取得职业资格证书（技能类）或职业技能等级证书的，按规定给予补贴”.

    F-47: to be asked for within 12 months of issue; whether the certificate can be found in the register, and was
    not paid for already, is for the agency to see.  F-48: paid in for 12 months, in 2025; for other times no number.
    """
    if person.benefit != "receiving" and person.work != "employed":
        return "no"
    if person.certificate is None or not person.certificate <= day <= later(person.certificate, 12):
        return "no"
    if date(2025, 1, 1) <= day <= date(2025, 12, 31) and person.insured_months < 12:
        return "no"
    return "needs_review"


def hiring_subsidy(person: Person, day: date) -> Outcome:
    """3.2 “政策试点执行期限截至2022年年底”; for employers."""
    return "no" if day <= date(2022, 12, 31) else "not_in_force"


MEASURES: dict[str, Judge] = {
    "notice-overview": nobody,
    "registration-channels": registration_channels,
    "unemployment-registration": unemployment_registration,
    "key-group-outreach": key_group_outreach,
    "jobseeker-registration": jobseeker_registration,
    "job-search-support": job_search_support,
    "career-guidance": career_guidance,
    "monthly-follow-up": monthly_follow_up,
    "training-needs-survey": training_needs_survey,
    "training-catalogue": agency_says,  # 2.1 “确定培训职业（工种）”: which trades, the place says
    "order-based-training": order_based_training,
    "training-subsidy": training_money,
    "training-living-allowance": training_money,
    "training-subsidy-uplift": training_money,
    "key-enterprise-service": nobody,
    "job-matching": job_matching,
    "recruitment-events": agency_says,  # 3.1 “有条件的地区…可定期组织”; for whom is not said
    "unemployment-insurance-rate-cut": nobody,
    "social-insurance-deferral": nobody,
    "skills-upgrade-subsidy": skills_upgrade_subsidy,
    "hiring-subsidy": hiring_subsidy,
}
