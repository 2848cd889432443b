"""Clauses 4.1 to 7 of 云人社发〔2022〕57号 and the supplements to them, one function for each measure."""

from __future__ import annotations

from datetime import date

from policy_kb.eligibility import Outcome
from tests.policy_kb.eligibility.second.clauses_1_to_3 import agency_says, nobody, without_work
from tests.policy_kb.eligibility.second.person import Judge, Person, full_months

# Plainly not by the person's own will, and plainly by it or no job lost at all.  What F-27 counts besides rests on a
# reprint alone, so an agency says of it.
INVOLUNTARY = ("dismissed", "employer_closed")
VOLUNTARY = ("resigned", "never_worked")


def startup_help(person: Person, day: date) -> Outcome:
    """4.1 “有自主经营意愿的登记失业人员”, “有创业意愿的登记失业人员”: who gave up may want to try again or not."""
    if not person.registered or person.business == "none":
        return "no"
    return "needs_review" if person.business == "stopped" else "yes"


def startup_money(person: Person, day: date) -> Outcome:
    """4.1 “对符合条件的人员，按规定落实创业担保贷款及贴息、创业补贴等扶持”: the conditions are not said."""
    return "no" if person.business == "none" else "needs_review"


def startup_loan_no_counter_guarantee(person: Person, day: date) -> Outcome:
    """4.1 “对10万元以下的创业担保贷款免除反担保要求”: 以下 has the number itself; the loan has to be granted first."""
    if person.loan_amount is None or person.loan_amount > 100_000:
        return "no"
    return startup_money(person, day)


def flexible_employment(person: Person, day: date) -> Outcome:
    """4.2 “推进失业人员多渠道灵活就业”, “拓宽…灵活就业渠道”: for whom else is not said."""
    if person.work == "employed":
        return "no"
    return "yes" if person.work == "none" else "needs_review"


def gig_market(person: Person, day: date) -> Outcome:
    """4.2 “组织有灵活就业意愿的登记失业人员与用工主体‘点对点’对接”; “零工需求信息…广泛收集发布” is for others, too."""
    if not person.wants_flexible:
        return "no"
    return "yes" if person.registered else "needs_review"


def occupational_injury_pilot(person: Person, day: date) -> Outcome:
    """4.2 “持续实施新就业形态就业人员职业伤害保障试点”, by which Yunnan keeps up what F-61 has in other provinces.

    The two cannot be squared, and F-61 has no day for Yunnan: so no day is counted out.
    """
    return "needs_review" if person.work == "platform" else "no"


def hardship_recognition(person: Person, day: date) -> Outcome:
    """5.1 “登记失业人员中符合条件的零就业家庭、…、大龄、残疾、长期失业等困难人员”: no numbers, and 等; F-20."""
    return "needs_review" if person.registered else "no"


def hardship_assistance_plan(person: Person, day: date) -> Outcome:
    """5.1 “实施精准分类帮扶，研究制定个性化援助方案”, for whom 5.1 calls 就业困难人员."""
    return "yes" if person.hardship else "no"


def hardship_exit(person: Person, day: date) -> Outcome:
    """5.1 “就业困难人员退出机制”: when somebody leaves is not said."""
    return "needs_review" if person.hardship else "no"


def hardship_reentry(person: Person, day: date) -> Outcome:
    """5.1 “实现就业不足6个月又再次失业的就业困难人员，要重新纳入援助范围”; what 失业 is outside 登记 is not said."""
    if not person.hardship or person.last_job is None or full_months(*person.last_job) >= 6:
        return "no"
    if person.work == "pension":
        return "needs_review"
    return without_work(person)


def public_welfare_post(person: Person, day: date) -> Outcome:
    """5.2 “通过市场渠道难以实现就业的就业困难人员”: for an agency to see; employees and owners have work."""
    return "no" if not person.hardship or person.work in ("employed", "self_employed") else "needs_review"


def unemployment_benefit(person: Person, day: date) -> Outcome:
    """5.2 with F-26: paid in for a year, not unemployed by one's own will, registered and looking for work.

    Who has drawn all months may have earned new ones, or be near retirement (F-28, F-39).  Of who is drawing it, an
    agency has found that it was paid in for and lost; F-36 does not stop it when the registration or the wish is gone,
    though F-26 asks for both.
    """
    if person.benefit == "receiving":
        return "yes" if person.registered and person.job_wish != "none" else "needs_review"
    if not person.registered or person.job_wish == "none" or person.insured_months < 12:
        return "no"
    if person.job_loss_reason in VOLUNTARY:
        return "no"
    return "yes" if person.job_loss_reason in INVOLUNTARY and person.benefit != "exhausted" else "needs_review"


def medical_insurance_contribution(person: Person, day: date) -> Outcome:
    """5.2 “代缴基本医疗保险费”; F-37: while the benefit is drawn."""
    return "yes" if person.benefit == "receiving" else "no"


def subsistence_income_deduction(person: Person, day: date) -> Outcome:
    """5.2 “对已就业的低保对象，在核算其家庭收入时扣减必要的就业成本”: what is 必要 is not said."""
    return "needs_review" if person.dibao and person.works else "no"


def subsistence_taper(person: Person, day: date) -> Outcome:
    """5.2 “并在其家庭成员人均收入超过当地低保标准后给予一定时间的渐退期”: for how long is not said."""
    return "needs_review" if person.dibao and person.works and person.income_over_dibao else "no"


def startup_loan_extension(person: Person, day: date) -> Outcome:
    """6.1 “受疫情严重影响停工停产导致无法按期还款的创业担保贷款借款人，可申请展期还款”; which regions is not said."""
    return "needs_review" if person.startup_loan and person.pandemic_stopped else "no"


def cross_region_matching(person: Person, day: date) -> Outcome:
    """6.2 “依据登记失业人员需求，匹配推送岗位信息，并视情况组织跨地区劳务对接”, where posts are lacking."""
    return "needs_review" if person.registered else "no"


def labour_rights_complaint(person: Person, day: date) -> Outcome:
    """6.3 “对发现的损害劳动者合法、平等就业权利的行为”; F-72: within two years, which nobody has been asked."""
    return "needs_review" if person.rights_harmed else "no"


MEASURES: dict[str, Judge] = {
    "startup-services": startup_help,
    "startup-premises": startup_help,
    "startup-loan": startup_money,
    "startup-loan-no-counter-guarantee": startup_loan_no_counter_guarantee,
    "startup-subsidy": startup_money,
    "flexible-employment": flexible_employment,
    "gig-market": gig_market,
    "occupational-injury-pilot": occupational_injury_pilot,
    "hardship-recognition": hardship_recognition,
    "hardship-assistance-plan": hardship_assistance_plan,
    "hardship-exit": hardship_exit,
    "hardship-reentry": hardship_reentry,
    "public-welfare-post": public_welfare_post,
    "unemployment-benefit": unemployment_benefit,
    "medical-insurance-contribution": medical_insurance_contribution,
    "price-subsidy": agency_says,  # 5.2 does not say who or when; F-33 has it with the benefit, not for it alone
    "temporary-relief": agency_says,  # F-69: sudden hardship, for the county to see; nothing of work is asked
    "subsistence-allowance": agency_says,  # F-66: open to all; the income that counts is less than what comes in
    "subsistence-income-deduction": subsistence_income_deduction,
    "subsistence-taper": subsistence_taper,
    "key-area-assistance": nobody,
    "startup-loan-extension": startup_loan_extension,
    "cross-region-matching": cross_region_matching,
    "labour-rights-complaint": labour_rights_complaint,
    "market-order": agency_says,  # 6.3, F-72: anybody may report; what it is, the authority says
    "unemployment-assistance": agency_says,  # 7 “符合条件的”: no more is said, and F-40 is no ground
    "mass-layoff-contingency": nobody,
    "performance-evaluation": nobody,
    "situation-reporting": nobody,
}
