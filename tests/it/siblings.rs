//! Each sibling of a model is convicted in some scenario in which the model itself is not: what
//! it is convicted of is the doing of the one thing that it misses.
//!
//! That the files say the truth is what `catalogue` is for.

use scenarios::catalogue::Catalogue;
use scenarios::expectation::Expectation;
use scenarios::gateways::claw::Sibling;
use scenarios::registry::GatewayName;

#[test]
fn every_sibling_is_convicted_where_its_model_is_acquitted() {
    let catalogue = Catalogue::embedded().expect("its own files");
    let model = GatewayName::Claw(Sibling::Fixed);
    let mut wrong = Vec::new();
    for sibling in Sibling::ALL.into_iter().filter(|sibling| *sibling != Sibling::Fixed) {
        let convicting = catalogue.scenarios().filter(|scenario| {
            let expected = scenario.expect.get(&GatewayName::Claw(sibling));
            matches!(expected, Some(Expectation::Convicted(_)))
        });
        let (fair, unfair): (Vec<_>, Vec<_>) = convicting
            .partition(|scenario| scenario.expect.get(&model) == Some(&Expectation::Acquitted));
        if fair.is_empty() {
            wrong.push(format!("{} is convicted nowhere", sibling.name()));
        }
        for scenario in unfair {
            wrong.push(format!("{}: {} is not acquitted there", scenario.name, model.name()));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
